/** A refusal: the command was understood and is not carried out. A value, never an exception; exceptions are faults. */
export interface Rejection {
  readonly rejected: true;
  /** A row of `libs/problems`, which gives its HTTP status, title and plain words. */
  readonly code: string;
  /** What to do about it, in plain English. Never a value that somebody typed. */
  readonly detail: string;
  /** JSON pointer to the field it is about, when it is about one. */
  readonly path?: string;
  /** Every mistake at once, where there are several. */
  readonly errors?: readonly Mistake[];
  /** For a stale decision: what was recorded since the reader's screen was drawn, in words. */
  readonly since?: readonly { readonly type: string; readonly recordedAt: string; readonly words: string }[];
}

/** One mistake in what was sent. `path` is a JSON pointer, a FHIRPath or a column. */
export interface Mistake {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** One refusal for several mistakes: the first one gives the code. */
export function rejectAll(mistakes: readonly [Mistake, ...Mistake[]]): Rejection {
  const [first] = mistakes;
  return { rejected: true, code: first.code, detail: first.message, path: first.path, errors: mistakes };
}

export function reject(code: string, detail: string, path?: string): Rejection {
  return path === undefined ? { rejected: true, code, detail } : { rejected: true, code, detail, path };
}

export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && (value as { rejected?: unknown }).rejected === true;
}
