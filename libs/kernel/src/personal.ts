/** Personal data inside events: how a field is marked, how it is stored, and what is left of it after an erasure. */
import { z } from 'zod';

/** What stands where a personal field was, once its key is destroyed. */
export interface Erased {
  readonly erased: true;
}
export const ERASED: Erased = Object.freeze({ erased: true });

/** A personal value as a reader meets it: the value, or the fact that it has been erased. */
export type Personal<T> = T | Erased;

export function isErased(value: unknown): value is Erased {
  return typeof value === 'object' && value !== null && (value as { erased?: unknown }).erased === true;
}

/** A personal value as the log keeps it: AES-256-GCM under the key of the human it is about. Stored format. */
export interface Sealed {
  readonly $enc: 1;
  /** Whom the value is about: the id of a person, a referrer or a practitioner. */
  readonly subject: string;
  /** Which of the subject's keys: `identity`, or the stream whose clinical words it protects. */
  readonly key: string;
  /** 12 bytes, base64. */
  readonly iv: string;
  /** Ciphertext followed by the 16 byte tag, base64. */
  readonly ct: string;
}

export function isSealed(value: unknown): value is Sealed {
  return typeof value === 'object' && value !== null && (value as { $enc?: unknown }).$enc === 1;
}

/** How one top-level field of an event's data is protected. */
export interface PersonalField {
  /** The field beside it that names the subject, for example `personId`. */
  readonly subjectField: string;
  /** `identity`: who somebody is. `clinical`: words about their care, under a key of this stream alone. */
  readonly kind: 'identity' | 'clinical';
}

const marks = z.registry<PersonalField>();

/** Marks a top-level field of an event as personal: it is sealed on append and never decrypted by a projection. */
export function personal<S extends z.ZodType>(schema: S, field: PersonalField): z.ZodType<Personal<z.output<S>>> {
  const marked = z.union([schema, z.strictObject({ erased: z.literal(true) })]);
  marks.add(marked, field);
  return marked as unknown as z.ZodType<Personal<z.output<S>>>;
}

/** The personal fields of an event's schema, by field name. */
export function personalFieldsOf(schema: z.ZodObject): ReadonlyMap<string, PersonalField> {
  const found = new Map<string, PersonalField>();
  for (const [name, field] of Object.entries(schema.shape)) {
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
    const mark = marks.get(inner as z.ZodType);
    if (mark) found.set(name, mark);
  }
  return found;
}
