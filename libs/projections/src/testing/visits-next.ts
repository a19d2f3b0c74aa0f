/** The made-up read side as its next release has it: visits with a changed column and a new one, places as they were. */
import type { Projection } from '../projection';
import { eventDefinitions, places, visits as before, type VisitRow } from './visits';

export { eventDefinitions };

/** Version 2 counts a note only when it has words, and says whether there are any. */
export const visits: Projection<VisitRow & { spoken: number }> = {
  ...before,
  version: 2,
  table: { ...before.table, columns: { ...before.table.columns, spoken: { type: 'integer' } } },
  on: {
    ...before.on,
    VisitPlanned: (row, event) => {
      const planned = before.on['VisitPlanned']!(row, event) as VisitRow;
      return { ...planned, spoken: row?.spoken ?? 0 };
    },
    VisitNoted: (row, event) => {
      if (row === undefined) return undefined;
      const spoken = event.data['words'] !== '';
      const noted = before.on['VisitNoted']!(row, event) as VisitRow;
      return { ...noted, noted: row.noted + (spoken ? 1 : 0), spoken: spoken ? 1 : row.spoken };
    },
  },
};

export const readModels: readonly Projection[] = [visits, places];
