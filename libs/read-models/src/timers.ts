/** The timers: what is due at a moment, for each referral and each held slot. Rows come and go by events alone. */
import { earliestOf, type Projection, type TimerRow } from '@waymark/projections';
import { timerFolds, timerKey, toComeAfter, type ReferralMachineCommand, type TimedEvent, type ToCome } from '@waymark/referral';
import { onEvents } from './on-events';

/** Everything that is to come is a `ToCome`; `due` is its earliest, for the index. */
export interface TimersRow extends TimerRow<ReferralMachineCommand> {
  readonly referral: ToCome['referral'];
}

export const timers: Projection<TimersRow> = {
  name: 'timers',
  version: 2,
  table: {
    columns: {
      service: { type: 'text' },
      due: { type: 'text', nullable: true },
      timers: { type: 'json' },
      referral: { type: 'json', nullable: true },
    },
    indexes: [{ columns: ['due'], where: 'due IS NOT NULL' }],
  },
  key: timerKey,
  on: onEvents<TimersRow, TimedEvent>(timerFolds, (row, event) => {
    const toCome = toComeAfter(row, event);
    return toCome && { ...toCome, due: earliestOf(toCome.timers) };
  }),
};
