/** What a clinician may say about treatment: that it started, and what was measured. */
import { IsIn, IsNumber, IsUUID } from 'class-validator';
import { AboutReferral, Code, Day, Optional, Required } from './fields';
import { COMPLETED_BY, OCCASIONS } from './plan';

/** States that treatment started, which stops the clock. */
export class StartTreatment extends AboutReferral {
  @Required()
  @Code()
  intervention!: string;

  /** The contact in which it started. */
  @Optional()
  @IsUUID()
  appointment?: string;
}

/** Records one value of one instrument. */
export class RecordMeasure extends AboutReferral {
  @Required()
  @Code()
  instrument!: string;

  /** Which form of the instrument, or which goal; only the same variant makes a pair. */
  @Required()
  @Code()
  variant!: string;

  @Required()
  @IsNumber({ allowInfinity: false, allowNaN: false })
  value!: number;

  /** The day on which it was taken. */
  @Required()
  @Day()
  on!: string;

  @Required()
  @IsIn(COMPLETED_BY)
  completedBy!: (typeof COMPLETED_BY)[number];

  @Required()
  @IsIn(OCCASIONS)
  occasion!: (typeof OCCASIONS)[number];
}

export const planCommands = [
  {
    name: 'start-treatment',
    command: StartTreatment,
    decision: false,
    clinical: true,
    events: ['TreatmentStarted'],
    refusals: [
      'not-registered',
      'out-of-scope',
      'ended',
      'not-accepted',
      'treatment-started',
      'unknown-code',
      'unknown-appointment',
      'in-the-future',
      'before-receipt',
    ],
  },
  {
    name: 'record-measure',
    command: RecordMeasure,
    decision: false,
    clinical: false,
    events: ['MeasureRecorded'],
    refusals: ['unknown-code', 'out-of-range', 'in-the-future'],
  },
];
