export { readContext } from './context';
export { person, request, transaction } from './messages';
export { outcomeOf, outcomesOf, verdictsOf } from './outcomes';
