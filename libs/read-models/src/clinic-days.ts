/** The diary: every clinic day with its slots, and which of them are free. */
import { SESSION_TYPES, type ClinicEvent } from '@waymark/clinics';
import { addDays, isDay, londonDate, reject, type Outcome } from '@waymark/kernel';
import type { Projection, ReadSide } from '@waymark/projections';
import { sql } from 'kysely';
import { onEvents, type Recorded } from './on-events';

interface SlotShown {
  readonly id: string;
  readonly place: string;
  readonly practitioner: string;
  readonly start: string;
  readonly end: string;
  readonly types: readonly string[];
  /** The booking that has it. */
  readonly booking?: string;
  /** A booking that is not confirmed has it until then. */
  readonly heldUntil?: string;
}

export interface ClinicDayRow {
  readonly service: string;
  readonly clinic: string;
  readonly date: string;
  readonly slots: readonly SlotShown[];
}

export const clinicDays: Projection<ClinicDayRow> = {
  name: 'clinic-days',
  version: 1,
  table: {
    columns: { service: { type: 'text' }, clinic: { type: 'text' }, date: { type: 'text' }, slots: { type: 'json' } },
    indexes: [{ columns: ['service', 'date'] }],
  },
  key: (event) => event.stream,
  on: onEvents<ClinicDayRow, ClinicEvent>({ ClinicSessionOpened: true, SlotHeld: true, SlotConfirmed: true, SlotReleased: true }, evolve),
};

function evolve(row: ClinicDayRow | undefined, event: Recorded<ClinicEvent>): ClinicDayRow | undefined {
  switch (event.type) {
    case 'ClinicSessionOpened': {
      const { clinic, date, place, practitionerId: practitioner, types, slots } = event.data;
      const opened = slots.map(({ id, start, end }) => ({ id, place, practitioner, start, end, types }));
      return { service: event.meta.service, clinic, date, slots: [...(row?.slots ?? []), ...opened] };
    }
    case 'SlotHeld':
      return withSlot(row, event.data.slot, (slot) => ({ ...free(slot), booking: event.data.bookingId, heldUntil: event.data.until }));
    case 'SlotConfirmed':
      return withSlot(row, event.data.slot, (slot) => ({ ...free(slot), booking: event.data.bookingId }));
    case 'SlotReleased':
      return withSlot(row, event.data.slot, free);
  }
}

function withSlot(row: ClinicDayRow | undefined, id: string, change: (slot: SlotShown) => SlotShown): ClinicDayRow | undefined {
  return row && { ...row, slots: row.slots.map((slot) => (slot.id === id ? change(slot) : slot)) };
}

function free({ booking: _booking, heldUntil: _heldUntil, ...slot }: SlotShown): SlotShown {
  return slot;
}

export interface SlotsRequest {
  readonly service: string;
  /** London dates, inclusive; absent = from today, for 28 days. */
  readonly from?: string;
  readonly to?: string;
  /** Only slots for this type of appointment. */
  readonly type?: string;
  readonly now: string;
}

export interface FreeSlot {
  readonly id: string;
  readonly clinic: string;
  readonly place: string;
  readonly practitioner: string;
  readonly start: string;
  readonly end: string;
  readonly types: readonly string[];
}

const DAYS_SHOWN = 28;

/** Slots that nobody has and that have not begun, by time. A hold that ran out no longer keeps its slot. */
export async function freeSlots(readSide: ReadSide, request: SlotsRequest): Promise<Outcome<FreeSlot[]>> {
  const { service, type, now, from = londonDate(now) } = request;
  if (!isDay(from)) return reject('invalid-parameter', 'from is a date, YYYY-MM-DD', '?from');
  const { to = addDays(from, DAYS_SHOWN) } = request;
  if (!isDay(to)) return reject('invalid-parameter', 'to is a date, YYYY-MM-DD', '?to');
  if (type !== undefined && !SESSION_TYPES.some((known) => known === type))
    return reject('unknown-code', `Use ${SESSION_TYPES.join(', ')}`, '?type');
  const { value: days } = await readSide.snapshot(
    async (db) => {
      const { rows } = await sql<{ clinic: string; slots: string }>`
      select clinic, slots from ${sql.table(readSide.tableOf(clinicDays.name))}
      where service = ${service} and date between ${from} and ${to} order by date, clinic`.execute(db);
      return rows;
    },
    [clinicDays.name],
  );
  return days
    .flatMap(({ clinic, slots }) => (JSON.parse(slots) as SlotShown[]).map((slot) => ({ clinic, ...slot })))
    .filter((slot) => isFree(slot, now) && (type === undefined || slot.types.includes(type)))
    .sort((a, b) => (a.start === b.start ? (a.id < b.id ? -1 : 1) : a.start < b.start ? -1 : 1))
    .map(({ id, clinic, place, practitioner, start, end, types }) => ({ id, clinic, place, practitioner, start, end, types }));
}

function isFree({ booking, heldUntil, start }: SlotShown, now: string): boolean {
  if (Date.parse(start) <= Date.parse(now)) return false;
  return booking === undefined || (heldUntil !== undefined && Date.parse(heldUntil) <= Date.parse(now));
}
