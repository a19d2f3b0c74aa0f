/** What somebody of a service may ask about the end of a person's data. Whom it is about is set by the caller, never in the body. */
import { IsDefined, IsString, IsUUID, Matches, MaxLength } from 'class-validator';

class AboutPerson {
  /** Not in the body: set by the caller, who found the person. Only declared, so that no instance has it by itself. */
  declare personId: string;
}

class WithReason extends AboutPerson {
  /** In words. Sealed, and still best written without a name. */
  @IsDefined()
  @IsString()
  @Matches(/\S/, { message: 'reason must say something' })
  @MaxLength(10_000)
  reason!: string;
}

class AboutRequest extends AboutPerson {
  @IsDefined()
  @IsUUID()
  request!: string;
}

/** Asks for a person to be erased. */
export class RequestErasure extends WithReason {
  /** Not in the body: set by the command line on data that the demo made. */
  declare demo?: true;
}

/** The second person. */
export class ApproveErasure extends AboutRequest {}

/** Before it is carried out. */
export class CancelErasure extends WithReason {
  @IsDefined()
  @IsUUID()
  request!: string;
}

/** Carries out what was approved, once the days to cancel are over. */
export class CarryOutErasure extends AboutRequest {}

/** A complaint, a claim, an inquiry: nothing of this person is erased before it is released. */
export class PlaceLegalHold extends WithReason {}

/** Releases every legal hold of the person. */
export class ReleaseLegalHold extends WithReason {}

const may = { decision: false, clinical: false } as const;

export const erasureCommands = [
  {
    name: 'request-erasure',
    command: RequestErasure,
    anybody: true as const,
    ...may,
    events: ['PersonErasureRequested', 'PersonErased'],
    refusals: ['may-not-be-erased', 'erasure-requested', 'person-erased'],
  },
  {
    name: 'approve-erasure',
    command: ApproveErasure,
    ...may,
    events: ['PersonErasureApproved'],
    refusals: ['not-lead', 'second-person-needed', 'may-not-be-erased', 'unknown-request', 'person-erased'],
  },
  {
    name: 'cancel-erasure',
    command: CancelErasure,
    anybody: true as const,
    ...may,
    events: ['PersonErasureCancelled'],
    refusals: ['unknown-request', 'person-erased'],
  },
  {
    name: 'carry-out-erasure',
    command: CarryOutErasure,
    anybody: true as const,
    ...may,
    events: ['PersonErased', 'PersonErasureCancelled'],
    refusals: ['erasure-not-due', 'unknown-request'],
  },
  {
    name: 'place-legal-hold',
    command: PlaceLegalHold,
    anybody: true as const,
    ...may,
    events: ['LegalHoldPlaced'],
    refusals: ['person-erased'],
  },
  {
    name: 'release-legal-hold',
    command: ReleaseLegalHold,
    anybody: true as const,
    ...may,
    events: ['LegalHoldReleased'],
    refusals: ['person-erased'],
  },
];
