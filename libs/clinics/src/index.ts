export * from './clinic-day';
