/** A refusal: the command was understood and is not carried out. A value, never an exception; exceptions are faults. */
export interface Rejection {
  readonly rejected: true;
  /** A row of `libs/problems`, which gives its HTTP status, title and plain words. */
  readonly code: string;
  /** What to do about it, in plain English. Never a value that somebody typed. */
  readonly detail: string;
  /** JSON pointer to the field it is about, when it is about one. */
  readonly path?: string;
  /** For a stale decision: what was recorded since the reader's screen was drawn, in words. */
  readonly since?: readonly { readonly type: string; readonly recordedAt: string; readonly words: string }[];
}

export function reject(code: string, detail: string, path?: string): Rejection {
  return path === undefined ? { rejected: true, code, detail } : { rejected: true, code, detail, path };
}

export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && (value as { rejected?: unknown }).rejected === true;
}
