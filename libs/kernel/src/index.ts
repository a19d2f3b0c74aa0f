export * from './command';
export * from './decider';
export * from './event';
export * from './ids';
export * from './personal';
export * from './rejection';
