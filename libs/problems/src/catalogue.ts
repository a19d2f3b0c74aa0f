/** Every code that Waymark answers a refusal with: its HTTP status, its title, and its FHIR issue type. One table for API, FHIR and command line. */

export interface Problem {
  readonly status: number;
  readonly title: string;
  /** FHIR R4 issue-type. */
  readonly issue: string;
}

const row = (status: number, title: string, issue: string): Problem => ({ status, title, issue });

export const problems = {
  // Cannot be read
  unreadable: row(400, 'This cannot be read', 'structure'),
  'not-utf-8': row(400, 'This is not UTF-8 text', 'structure'),
  'not-json': row(400, 'This is not JSON', 'structure'),
  'invalid-fhir': row(400, 'This is not base FHIR R4', 'structure'),
  'unknown-parameter': row(400, 'There is no such query parameter', 'invalid'),
  'invalid-parameter': row(400, 'A query parameter has a wrong value', 'invalid'),
  'invalid-header': row(400, 'A header has a wrong value', 'invalid'),
  // Who asks
  'actor-needed': row(401, 'Say who is acting', 'login'),
  'unknown-actor': row(401, 'The person acting is not known to this service', 'login'),
  'wrong-host': row(403, 'This server answers to its own address only', 'forbidden'),
  'not-registered': row(403, 'The registration does not allow this', 'forbidden'),
  'not-lead': row(403, 'Only a lead of information governance does this', 'forbidden'),
  'second-person-needed': row(403, 'Somebody else has to do this', 'forbidden'),
  'not-demo': row(403, 'Only data that the demo made is erased at once', 'forbidden'),
  'out-of-scope': row(403, 'This is outside the recorded scope', 'forbidden'),
  // What it is about
  'not-found': row(404, 'There is nothing here', 'not-found'),
  'unknown-referral': row(404, 'There is no such referral', 'not-found'),
  'unknown-service': row(422, 'There is no such service', 'not-found'),
  'method-not-allowed': row(405, 'This address does not take that method', 'not-supported'),
  'not-acceptable': row(406, 'The answer is JSON', 'not-supported'),
  'unknown-appointment': row(404, 'This referral has no such appointment', 'not-found'),
  'unknown-request': row(404, 'There is no such request', 'not-found'),
  'unknown-slot': row(404, 'There is no such slot', 'not-found'),
  // The state of things
  'lost-race': row(409, 'Somebody else changed this at the same time', 'conflict'),
  duplicate: row(409, 'This message was sent before with other content', 'duplicate'),
  'another-log': row(409, 'This link was made on another log', 'conflict'),
  'already-received': row(409, 'This referral was received before', 'duplicate'),
  'need-already-claimed': row(409, 'Another referral for this person is open', 'conflict'),
  'hold-open': row(409, 'A safety or safeguarding hold is open', 'business-rule'),
  claimed: row(409, 'Somebody else is reading this', 'conflict'),
  'already-decided': row(409, 'This has been decided', 'conflict'),
  ended: row(409, 'This referral has ended', 'conflict'),
  'not-accepted': row(409, 'This referral is not accepted yet', 'business-rule'),
  'agreement-outstanding': row(409, "The person's agreement is not settled", 'business-rule'),
  'treatment-started': row(409, 'Treatment has started already', 'conflict'),
  'slot-taken': row(409, 'Somebody else has this slot', 'conflict'),
  'slot-hold-expired': row(409, 'The hold on this slot ran out', 'conflict'),
  'booking-abandoned': row(409, 'This booking was given up', 'conflict'),
  'already-booked': row(409, 'There is an appointment at this time', 'conflict'),
  'allowance-used': row(409, 'The consultations are used', 'business-rule'),
  'appointment-past': row(409, 'The appointment is over', 'conflict'),
  'appointment-cancelled': row(409, 'The appointment was cancelled', 'conflict'),
  'attendance-already-recorded': row(409, 'Something else was recorded for this appointment', 'conflict'),
  'may-not-be-erased': row(409, 'This person may not be erased now', 'business-rule'),
  'erasure-requested': row(409, 'An erasure has been asked for already', 'conflict'),
  'erasure-not-due': row(409, 'The erasure is not due', 'business-rule'),
  'person-erased': row(409, 'This person has been erased', 'deleted'),
  'session-overlaps': row(409, 'There is a session at this time', 'conflict'),
  stale: row(412, 'Something was recorded after your screen was drawn', 'conflict'),
  'too-large': row(413, 'This is too large', 'too-long'),
  'unsupported-media-type': row(415, 'Send JSON', 'not-supported'),
  'revision-needed': row(428, 'Say which revision you decided on', 'required'),
  // Rules of a field
  'unknown-field': row(422, 'There is no such field', 'structure'),
  'null-not-allowed': row(422, 'Leave the field out instead of null', 'structure'),
  required: row(422, 'Something is missing', 'required'),
  invalid: row(422, 'A value is not right', 'value'),
  'unknown-code': row(422, 'There is no such code', 'code-invalid'),
  'unknown-fact': row(422, 'There is no such fact', 'code-invalid'),
  'unknown-practitioner': row(422, 'There is no such practitioner', 'value'),
  'unknown-column': row(422, 'There is no such column', 'structure'),
  'idempotency-key-reused': row(422, 'This Idempotency-Key was used for something else', 'duplicate'),
  'in-the-future': row(422, 'This lies in the future', 'value'),
  'in-the-past': row(422, 'This lies in the past', 'value'),
  'before-receipt': row(422, 'This lies before the referral was received', 'value'),
  'out-of-range': row(422, 'A value is out of its range', 'value'),
  // Rules of the domain
  'name-needed': row(422, 'A name is missing', 'required'),
  'birth-date-needed': row(422, 'The date of birth is missing', 'required'),
  'need-needed': row(422, 'The need is missing', 'required'),
  'referrer-name-needed': row(422, "The referrer's name is missing", 'required'),
  'relationship-needed': row(422, 'The relationship is missing', 'required'),
  'agreement-needed': row(422, "The person's agreement is missing", 'required'),
  'clinician-needed': row(422, 'Only a clinician records this', 'business-rule'),
  'priority-reason-needed': row(422, 'The reason for the priority is missing', 'required'),
  'information-needed': row(422, 'There is nothing to add', 'required'),
  'not-agreed': row(422, 'The person has said no', 'business-rule'),
  'person-needed': row(422, 'Only a person can say this', 'business-rule'),
  'beyond-horizon': row(422, 'This is too far ahead', 'business-rule'),
  'type-not-offered': row(422, 'The session does not offer this type', 'business-rule'),
  'not-yet': row(422, 'The appointment has not begun', 'business-rule'),
  'was-not-brought-instead': row(422, 'Record that the person was not brought', 'business-rule'),
  'no-reply-at-home-instead': row(422, 'Record that nobody answered the door', 'business-rule'),
  'not-a-home-visit': row(422, 'This was not a home visit', 'business-rule'),
  'outcome-or-reason-needed': row(422, 'The outcome is missing', 'required'),
  // Messages and files
  'fhir-version': row(422, 'This is not FHIR R4', 'not-supported'),
  'not-requested': row(422, 'This asks for something not to be done', 'business-rule'),
  'status-not-taken': row(422, 'A request with this status is not taken in', 'business-rule'),
  'subject-not-found': row(422, 'The message does not say whom it is about', 'not-found'),
  'no-referral': row(422, 'There is no referral in this', 'not-supported'),
  'event-not-supported': row(422, 'This message is not a referral request', 'not-supported'),
  'not-a-referral': row(422, 'This message asks for something else', 'not-supported'),
  'other-service': row(422, 'This is for another service', 'not-supported'),
  // Ours
  fault: row(500, 'Something went wrong on our side', 'exception'),
  unavailable: row(503, 'Not ready yet', 'transient'),
} as const satisfies Record<string, Problem>;

export type ProblemCode = keyof typeof problems;
