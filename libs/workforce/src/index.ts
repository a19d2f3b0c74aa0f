export * from './practitioner';
export * from './practitioner.commands';
export * from './workforce.module';
