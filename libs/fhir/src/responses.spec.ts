import type { Bundle } from 'fhir/r4';
import { checkBaseR4 } from './base-r4';
import { toOperationOutcome } from './outcome';
import { capabilityStatement, messageResponse, transactionResponse } from './responses';

const refusal = toOperationOutcome(
  [{ code: 'subject-not-found', path: 'ServiceRequest.subject', message: 'Must lead to a Patient' }],
  () => 'not-found',
);

it('a refusal names its element, its code and what to do', () => {
  expect(refusal).toEqual({
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'not-found',
        details: { coding: [{ system: 'urn:waymark:problems', code: 'subject-not-found' }], text: 'Must lead to a Patient' },
        expression: ['ServiceRequest.subject'],
      },
    ],
  });
});

it('each entry of a transaction or batch has an answer of its own', () => {
  const request = { resourceType: 'Bundle', type: 'batch' } as Bundle;
  const response = transactionResponse(
    request,
    [
      { status: '201 Created', location: 'ServiceRequest/1', etag: 'W/"0"' },
      { status: '422 Unprocessable Entity', outcome: refusal },
    ],
    'b-1',
  );
  expect(response).toMatchObject({
    type: 'batch-response',
    entry: [
      { response: { status: '201 Created', location: 'ServiceRequest/1' } },
      { response: { status: '422 Unprocessable Entity', outcome: { resourceType: 'OperationOutcome' } } },
    ],
  });
  expect(transactionResponse({ ...request, type: 'transaction' }, [], 'b-2').type).toBe('transaction-response');
});

it('a message is answered by a message that says to which it belongs and how it went', () => {
  const answer = {
    id: '00000000-0000-4000-8000-000000000001',
    at: '2026-11-20T09:12:00Z',
    endpoint: 'http://127.0.0.1:3000/fhir',
    inReplyTo: 'msg-1',
  };
  const taken = messageResponse({ ...answer, outcome: toOperationOutcome([], () => 'invalid'), focus: ['ServiceRequest/1'] });
  expect(taken.entry?.[0]?.resource).toMatchObject({
    response: { identifier: 'msg-1', code: 'ok' },
    focus: [{ reference: 'ServiceRequest/1' }],
  });
  expect(messageResponse({ ...answer, outcome: refusal }).entry?.[0]?.resource).toMatchObject({ response: { code: 'fatal-error' } });
});

it('whatever is answered is base R4', () => {
  const answer = {
    id: '00000000-0000-4000-8000-000000000001',
    at: '2026-11-20T09:12:00Z',
    endpoint: 'http://127.0.0.1:3000/fhir',
    inReplyTo: 'msg-1',
  };
  const answers = [
    refusal,
    toOperationOutcome([], 'invalid'),
    transactionResponse({ resourceType: 'Bundle', type: 'transaction' }, [{ status: '422 Unprocessable Entity', outcome: refusal }], 'b-1'),
    messageResponse({ ...answer, outcome: refusal, focus: ['ServiceRequest/1'] }),
    capabilityStatement({ url: 'http://127.0.0.1:3000/fhir', date: '2026-11-20', version: '0.1.0' }),
  ];
  for (const one of answers) expect(checkBaseR4(one)).toEqual([]);
});
