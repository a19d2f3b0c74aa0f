/** What the FHIR door answers: the response to a transaction or batch, to a message, and what the server can do. */
import type { Bundle, BundleEntry, CapabilityStatement, OperationOutcome } from 'fhir/r4';

/** What became of one entry of the request. */
export interface EntryAnswer {
  /** HTTP status with its words, for example `201 Created`. */
  readonly status: string;
  /** `ServiceRequest/<id>`. */
  readonly location?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly outcome?: OperationOutcome;
}

/** One answer for each entry of `request`, in its order. */
export function transactionResponse(request: Bundle, answers: readonly EntryAnswer[], id: string): Bundle {
  const type = request.type === 'batch' ? 'batch-response' : 'transaction-response';
  return {
    resourceType: 'Bundle',
    id,
    type,
    entry: answers.map(({ outcome, ...rest }): BundleEntry => ({ response: { ...rest, ...(outcome ? { outcome } : {}) } })),
  };
}

export interface MessageAnswer {
  /** Of this answer. */
  readonly id: string;
  /** UTC instant. */
  readonly at: string;
  /** This server's address. */
  readonly endpoint: string;
  /** The id of the message that is answered. */
  readonly inReplyTo: string;
  readonly outcome: OperationOutcome;
  /** What was stored: `ServiceRequest/<id>`. */
  readonly focus?: readonly string[];
}

/** The answer to `$process-message`. */
export function messageResponse({ id, at, endpoint, inReplyTo, outcome, focus }: MessageAnswer): Bundle {
  const failed = outcome.issue.some(({ severity }) => severity === 'error' || severity === 'fatal');
  const outcomeUrl = `urn:uuid:${id.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`;
  return {
    resourceType: 'Bundle',
    id,
    type: 'message',
    timestamp: at,
    entry: [
      {
        fullUrl: `urn:uuid:${id}`,
        resource: {
          resourceType: 'MessageHeader',
          id,
          eventCoding: { system: 'https://fhir.nhs.uk/CodeSystem/message-events-bars', code: 'servicerequest-response' },
          source: { name: 'Waymark', endpoint },
          response: { identifier: inReplyTo, code: failed ? 'fatal-error' : 'ok', details: { reference: outcomeUrl } },
          ...(focus && focus.length > 0 ? { focus: focus.map((reference) => ({ reference })) } : {}),
        },
      } as BundleEntry,
      { fullUrl: outcomeUrl, resource: outcome },
    ],
  };
}

/** `GET /fhir/metadata`: what exists, and nothing else. */
export function capabilityStatement({
  url,
  date,
  version,
}: {
  readonly url: string;
  readonly date: string;
  readonly version: string;
}): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date,
    kind: 'instance',
    software: { name: 'Waymark', version },
    implementation: { description: 'Waymark: referrals to occupational therapy in primary care networks', url },
    fhirVersion: '4.0.1',
    format: ['json'],
    rest: [
      {
        mode: 'server',
        interaction: [{ code: 'transaction' }, { code: 'batch' }],
        resource: [
          {
            type: 'ServiceRequest',
            interaction: [{ code: 'read' }, { code: 'search-type' }],
            searchParam: [{ name: 'identifier', type: 'token' }],
          },
          { type: 'Patient', interaction: [{ code: 'read' }] },
        ],
        operation: [{ name: 'process-message', definition: 'http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message' }],
      },
    ],
  } as CapabilityStatement;
}
