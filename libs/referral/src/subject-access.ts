/** What a service holds of one person, for that person to read: their events, opened, with marks where somebody has to look first. */
import { isSealed, type RecordedEvent } from '@waymark/kernel';

/** Why a field is looked at before it is given out. */
export type Mark = 'about-somebody-else' | 'may-tell-of-others';

export interface AccessEvent {
  readonly stream: string;
  readonly position: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly actor: string;
  readonly role: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly marks: readonly { readonly field: string; readonly why: Mark }[];
}

/** `open` opens the sealed fields of an event. Nothing is left out: what is withheld is for a person to decide. */
export function accessEvents(
  events: readonly RecordedEvent[],
  personId: string,
  open: (event: RecordedEvent) => RecordedEvent,
): readonly AccessEvent[] {
  return [...events]
    .sort((a, b) => a.position.localeCompare(b.position))
    .map((event) => {
      const { stream, position, type, occurredAt, recordedAt, meta } = event;
      const marks = Object.keys(event.data).flatMap((field) => {
        const why = markOf(event, field, personId);
        return why ? [{ field, why }] : [];
      });
      return { stream, position, type, occurredAt, recordedAt, actor: meta.actor, role: meta.role, data: open(event).data, marks };
    });
}

function markOf({ type, data }: RecordedEvent, field: string, personId: string): Mark | undefined {
  const value = data[field];
  if (!isSealed(value)) return undefined;
  if (value.subject !== personId) return 'about-somebody-else';
  // What somebody wrote about themselves is theirs; whatever others wrote may tell of a relative, or was told in confidence.
  const own = field === 'person' || (type === 'ReferralReceived' && field === 'words' && data['source'] === 'self');
  return own ? undefined : 'may-tell-of-others';
}
