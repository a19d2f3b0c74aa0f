export * from './appendable';
export * from './event-store.contract';
export * from './folder';
