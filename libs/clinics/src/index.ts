export * from './clinic-day';
export * from './clinic.commands';
export * from './session.process';
export * from './clinics.module';
