export { KeyDestroyed, KeyUnreadable } from './keys';
export { DataFolderUnusable } from './master-key';
export { type FindBy, type Match } from './identity-index';
export * from './people';
export * from './people.module';
export * from './person';
export { SealBroken } from './sealing';
export { spelling, type PersonDetailsLike } from './traits';
