/** Positions: 20 digits, so that they order as text; the same in every store. */
const WIDTH = 20;

/** Before the first event. */
export const BEGINNING = '0'.repeat(WIDTH);

export function positionOf(number: number | bigint): string {
  return String(number).padStart(WIDTH, '0');
}

export function isPosition(text: string): boolean {
  return text.length === WIDTH && /^\d+$/.test(text);
}

/** The number of the event at a position; 0 for none. */
export function numberOf(position: string | undefined): number {
  if (position === undefined) return 0;
  if (!isPosition(position)) throw new Error(`A position is ${WIDTH} digits`);
  return Number(position);
}
