export type { FactReader, Item, ItemKind, Original, ReadContext, ReferralBody, ReferralCodes } from './item';
export { checkBaseR4 } from './base-r4';
export { readBundle } from './bundle';
export { CSV_COLUMNS, readCsv } from './csv';
export { readDocument, readFile, readJson, readNdjson } from './file';
export { restorePatient, restoreServiceRequest } from './original';
export { toOperationOutcome } from './outcome';
export { capabilityStatement, messageResponse, transactionResponse, type EntryAnswer, type MessageAnswer } from './responses';
