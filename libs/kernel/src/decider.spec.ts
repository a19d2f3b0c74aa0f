/** Several deciders on one stream: each folds what it names, and nothing else. */
import fc from 'fast-check';
import { fold, isRejection, reject, type Decider, type DomainEvent } from './index';
import { given } from './testing';

type Borrowed = DomainEvent<'BookBorrowed', { reader: string }>;
type Returned = DomainEvent<'BookReturned', Record<string, never>>;
type Shelf = { readonly reader: string } | 'in';

/** A library book: a domain of its own, so that no word of the product hides what the machinery does. */
const loan: Decider<Shelf, { reader: string }, Borrowed | Returned, Borrowed, { open: boolean }> = {
  name: 'loan',
  folds: { BookBorrowed: true, BookReturned: true },
  initial: 'in',
  evolve(_, event) {
    switch (event.type) {
      case 'BookBorrowed':
        return { reader: event.data.reader };
      case 'BookReturned':
        return 'in';
    }
  },
  decide({ reader }, shelf, { open }) {
    if (!open) return reject('closed', 'The library is closed');
    if (shelf === 'in') return [{ type: 'BookBorrowed', data: { reader } }];
    return shelf.reader === reader ? [] : reject('lent', 'Somebody else has it', '/reader');
  },
};

const borrowed = (reader: string): Borrowed => ({ type: 'BookBorrowed', data: { reader } });
const returned: Returned = { type: 'BookReturned', data: {} };
const open = { open: true };

describe('a decider', () => {
  it('decides over the state that the events lead to', () => {
    given(loan, [borrowed('ada'), returned])
      .when({ reader: 'bea' }, open)
      .then([borrowed('bea')]);
  });

  it('says that there is nothing to do', () => {
    given(loan, [borrowed('ada')])
      .when({ reader: 'ada' }, open)
      .thenNothing();
  });

  it('refuses with a code and the field it is about', () => {
    given(loan, [borrowed('ada')])
      .when({ reader: 'bea' }, open)
      .thenRejected('lent', '/reader');
    given(loan, []).when({ reader: 'bea' }, { open: false }).thenRejected('closed');
  });

  it('is told nothing of events that it does not fold, wherever they stand', () => {
    const foreign = fc.record({ type: fc.constantFrom('BookDusted', 'constructor', 'toString', '__proto__'), data: fc.constant({}) });
    const own = fc.oneof(fc.constantFrom('ada', 'bea').map(borrowed), fc.constant(returned));
    fc.assert(
      fc.property(fc.array(fc.oneof(own, foreign)), (events) => {
        const folded = events.filter(
          (event) => event.type in { BookBorrowed: 1, BookReturned: 1 } && Object.hasOwn(loan.folds, event.type),
        );
        expect(fold(loan, events)).toEqual(fold(loan, folded));
      }),
    );
  });

  it('gives the same state from the whole as from a part and the rest', () => {
    const own = fc.oneof(fc.constantFrom('ada', 'bea').map(borrowed), fc.constant(returned));
    fc.assert(
      fc.property(fc.array(own), fc.nat(), (events, cut) => {
        const at = events.length === 0 ? 0 : cut % events.length;
        const resumed = { ...loan, initial: fold(loan, events.slice(0, at)) };
        expect(fold(resumed, events.slice(at))).toEqual(fold(loan, events));
      }),
    );
  });
});

describe('the sentences of a scenario can fail', () => {
  const rejected = given(loan, [borrowed('ada')]).when({ reader: 'bea' }, open);
  const made = given(loan, []).when({ reader: 'bea' }, open);

  it('when a refusal was hoped to be events, or another refusal', () => {
    expect(() => rejected.then([borrowed('bea')])).toThrow();
    expect(() => rejected.thenTypes('BookBorrowed')).toThrow();
    expect(() => rejected.thenNothing()).toThrow();
    expect(() => rejected.thenRejected('closed')).toThrow();
    expect(() => rejected.thenRejected('lent', '/book')).toThrow();
    expect(isRejection(rejected.decision)).toBe(true);
  });

  it('when events were hoped to be others, fewer, or a refusal', () => {
    expect(() => made.then([borrowed('ada')])).toThrow();
    expect(() => made.then([])).toThrow();
    expect(() => made.thenNothing()).toThrow();
    expect(() => made.thenRejected('lent')).toThrow();
  });
});
