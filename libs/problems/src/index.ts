export * from './catalogue';
export * from './renderings';
