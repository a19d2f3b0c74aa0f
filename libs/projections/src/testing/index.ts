export * from './fold-rows';
export * from './runner.contract';
export * as visitModels from './visits';
