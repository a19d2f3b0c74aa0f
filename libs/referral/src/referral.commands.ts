/** What somebody may ask about a referral itself: taking it in, adding to it, withdrawing it, correcting it, recording a death. */
import { PRIORITIES, type FactValue, type Priority } from '@waymark/rules';
import { Allow, IsBoolean, IsIn, IsInt, IsObject, Matches, Max, Min } from 'class-validator';
import { AboutReferral, Code, Day, each, Instant, Many, Name, Optional, Part, Parts, Required, Text } from './fields';
import { Identifier, Person, Referrer } from './person.commands';
import { AGREEMENT_BASES, SOURCES } from './referral';

/** A value, or a value with when, by whom and from where it is known. Which values a fact takes is in the catalogue of facts. */
export type GivenFact = FactValue | { value: FactValue; on?: string; source?: string; by?: 'person' | 'proxy' | 'clinician' | 'imported' };

export class Agreement {
  @Required()
  @IsIn(AGREEMENT_BASES)
  basis!: (typeof AGREEMENT_BASES)[number];

  @Optional()
  @IsIn(['lpa-health-welfare', 'deputy', 'parental', 'none'])
  authority?: 'lpa-health-welfare' | 'deputy' | 'parental' | 'none';

  @Optional()
  @Day()
  on?: string;

  @Optional()
  @Text()
  note?: string;
}

export class Condition {
  @Optional()
  @Text()
  system?: string;

  @Optional()
  @Name()
  code?: string;

  @Optional()
  @Text()
  display?: string;
}

export class Need {
  @Optional()
  @Text()
  inOwnWords?: string;

  @Optional()
  @Text()
  reason?: string;

  @Optional()
  @Many(Code(each))
  difficulties?: string[];

  @Optional()
  @Many(Code(each))
  types?: string[];

  @Optional()
  @Parts(() => Condition)
  conditions?: Condition[];
}

export class Safeguarding {
  @Required()
  @IsBoolean()
  concern!: boolean;

  @Optional()
  @Text()
  note?: string;
}

export class Deprivation {
  @Required()
  @IsInt()
  @Min(1)
  @Max(10)
  decile!: number;

  /** The table that gave it, with its version. */
  @Required()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$/, {
    message: 'table must be the name and version of a table, at most 60 letters and digits',
  })
  table!: string;
}

/** Taken from the first day, never required, never read by a rule. */
export class Equality {
  @Optional()
  @Matches(/^([A-S]|Z|99)$/, { message: 'ethnicity must be an ethnic category code: A to S, Z or 99' })
  ethnicity?: string;

  @Optional()
  @Matches(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, { message: 'language must be a language code such as en or cy' })
  language?: string;

  @Optional()
  @IsIn(['yes', 'no', 'prefer-not-to-say'])
  disability?: 'yes' | 'no' | 'prefer-not-to-say';

  @Optional()
  @Part(() => Deprivation)
  deprivation?: Deprivation;
}

/** Takes in a referral from any source. */
export class ReceiveReferral {
  @Optional()
  @Code()
  service?: string;

  @Required()
  @IsIn(SOURCES)
  source!: (typeof SOURCES)[number];

  @Optional()
  @Code()
  suggestedBy?: string;

  /** The sender's own. The same one again is the same referral. */
  @Optional()
  @Parts(() => Identifier)
  identifier?: Identifier[];

  /** Only when keyed in late. */
  @Optional()
  @Instant()
  receivedAt?: string;

  @Required()
  @Part(() => Person)
  person!: Person;

  @Optional()
  @Part(() => Referrer)
  referrer?: Referrer;

  @Optional()
  @Part(() => Agreement)
  agreement?: Agreement;

  @Optional()
  @Part(() => Need)
  need?: Need;

  /** Fact id to what is known. */
  @Optional()
  @IsObject()
  @Allow()
  facts?: Record<string, GivenFact>;

  /** Facts that are so, by their ids. */
  @Optional()
  @Many(Code(each))
  redFlags?: string[];

  @Optional()
  @Text()
  riskToStaff?: string;

  @Optional()
  @Part(() => Safeguarding)
  safeguarding?: Safeguarding;

  @Optional()
  @IsIn(PRIORITIES)
  requestedPriority?: Priority;

  @Optional()
  @Text()
  priorityReason?: string;

  /** Why this is another need than the one of a referral that may be open. */
  @Optional()
  @Text()
  separateNeed?: string;

  @Optional()
  @Part(() => Equality)
  equality?: Equality;

  /** Not in the body: the message as it came, from a door that gives it back as it came. */
  declare original?: Record<string, unknown>;

  /** Not in the body: what the door noticed, for example that a person must read what came. */
  declare doorFlags?: string[];
}

export class AddInformation extends AboutReferral {
  /** Who says so. */
  @Required()
  @Code()
  from!: string;

  @Optional()
  @Text()
  text?: string;

  @Optional()
  @IsObject()
  @Allow()
  facts?: Record<string, GivenFact>;

  @Optional()
  @Many(Code(each))
  redFlags?: string[];
}

export class Withdraw extends AboutReferral {
  @Required()
  @IsIn(['person', 'service'])
  by!: 'person' | 'service';

  @Required()
  @Code()
  reason!: string;
}

export class EnterInError extends AboutReferral {
  @Required()
  @Code()
  reason!: string;
}

export class RecordDeath extends AboutReferral {
  /** The day of the death, where it is known. */
  @Optional()
  @Day()
  on?: string;
}

/** Receiving has its own address; what it may append, on whichever stream, and what it may be refused with. */
export const receptionCommands = [
  {
    name: 'receive-referral',
    command: ReceiveReferral,
    decision: false,
    clinical: false,
    events: [
      'ReferralReceived',
      'ReferralStratified',
      'PersonIdentified',
      'NeedClaimed',
      'NeedReleased',
      'ReferralLinkedAsDuplicate',
      'InformationAdded',
    ],
    refusals: [
      'name-needed',
      'birth-date-needed',
      'need-needed',
      'referrer-name-needed',
      'relationship-needed',
      'agreement-needed',
      'clinician-needed',
      'priority-reason-needed',
      'not-agreed',
      'unknown-fact',
      'unknown-code',
      'in-the-future',
    ],
  },
];

/** Only the ones about a referral that is there; receiving one has its own address. None is a decision over what was on a screen. */
export const aboutReferralCommands = [
  {
    name: 'add-information',
    command: AddInformation,
    decision: false,
    clinical: false,
    anybody: true as const,
    events: ['InformationAdded', 'ReferralStratified'],
    refusals: ['ended', 'information-needed', 'unknown-fact', 'unknown-code', 'invalid', 'in-the-future'],
  },
  {
    name: 'withdraw',
    command: Withdraw,
    decision: false,
    clinical: false,
    events: ['ReferralWithdrawn', 'SlotReleased'],
    refusals: ['ended', 'hold-open', 'person-needed', 'unknown-code', 'in-the-future'],
  },
  {
    name: 'enter-in-error',
    command: EnterInError,
    decision: false,
    clinical: false,
    events: ['ReferralEnteredInError', 'SlotReleased'],
    refusals: ['hold-open', 'person-needed', 'unknown-code', 'in-the-future'],
  },
  {
    name: 'record-death',
    command: RecordDeath,
    decision: false,
    clinical: false,
    events: ['DeathRecorded', 'SlotReleased'],
    refusals: ['in-the-future'],
  },
];
