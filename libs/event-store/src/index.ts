export * from './event-store';
export * from './command-loop';
