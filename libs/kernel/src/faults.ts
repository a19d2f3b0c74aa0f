/** What a thrown value says. Judged by what it holds, never by its class: a module loaded twice, or another thread, has another class. */

/** SQLite's own name of what went wrong, for example SQLITE_BUSY; `undefined` when it was not SQLite. */
export function sqliteCode(fault: unknown): string | undefined {
  const { code } = Object(fault) as { code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** Another connection holds the lock; the same may succeed later. */
export function isBusy(fault: unknown): boolean {
  return sqliteCode(fault)?.startsWith('SQLITE_BUSY') === true;
}

export function messageOf(fault: unknown): string {
  const { message } = Object(fault) as { message?: unknown };
  return typeof message === 'string' ? message : String(fault);
}
