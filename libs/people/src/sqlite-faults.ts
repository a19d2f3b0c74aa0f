/** What SQLite could not do, by its own code. The class of its errors is of no use: every realm of Node has another one. */

/** For example SQLITE_BUSY; `undefined` for a fault that is not SQLite's. */
export function sqliteCode(fault: unknown): string | undefined {
  const code = typeof fault === 'object' && fault !== null ? (fault as { code?: unknown }).code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** Another connection holds the lock; the same may succeed later. */
export function isBusy(fault: unknown): boolean {
  return sqliteCode(fault)?.startsWith('SQLITE_BUSY') === true;
}
