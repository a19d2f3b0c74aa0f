export * from './referral';
export * from './triage';
export * from './appointments';
export * from './plan';
export * from './discharge';
export * from './place';
