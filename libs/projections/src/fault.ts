/** What a thrown value says. Never judged by class: a module that is loaded twice, or another thread, has another one. */

/** SQLite's own name of what went wrong; `undefined` when it was not SQLite. */
export function sqliteCodeOf(fault: unknown): string | undefined {
  const { code } = Object(fault) as { code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

export function wordsOf(fault: unknown): string {
  const { message } = Object(fault) as { message?: unknown };
  return typeof message === 'string' ? message : String(fault);
}
