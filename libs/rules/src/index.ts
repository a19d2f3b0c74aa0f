export * from './suggestion';
