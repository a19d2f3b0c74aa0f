/** From a FHIR bundle, a CSV row and a JSON body to discharge, by the command line alone and without a server. */
import { join } from 'node:path';
import { ada, asha, nextWeekday } from '../support/people';
import { emptyFolder, removeFolder, root, waymark, type Said } from '../support/program';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

const fixtures = join(root, 'test/fixtures/intake');
let folder: string;
beforeAll(() => (folder = emptyFolder()));
afterAll(() => removeFolder(folder));

/** Standard output is JSON lines and nothing else. */
function linesOf({ out }: Said): Record<string, unknown>[] {
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function answered<T = Record<string, unknown>>(words: readonly string[], input?: string): Promise<T> {
  const said = await waymark(folder, [...words, '--json'], input);
  expect({ code: said.code, err: said.err }).toEqual({ code: 0, err: expect.not.stringContaining('waymark itself') as string });
  expect(linesOf(said)).toHaveLength(1);
  return linesOf(said)[0] as T;
}

interface Command {
  readonly reference: string;
  readonly stage: string;
  readonly events: readonly { type: string }[];
}

test('three doors, one list; one of them is accepted, booked, seen, measured and discharged', async () => {
  const { id: practitioner } = await answered<{ id: string }>(['practitioner', 'add', '--data', '-'], JSON.stringify(asha));
  expect(practitioner).toMatch(/^[0-9a-f-]{36}$/);

  const fromFhir = await answered(['intake', join(fixtures, 'uk-core-transaction.json')]);
  const fromJson = await answered(['intake', '-'], JSON.stringify(ada));
  const csv = 'family_name,given_names,birth_date,reason,agreement\nQuill,Nora,3/2/1950,Falls,agreed\n';
  const fromCsv = await answered(['intake', '-'], csv);
  expect([fromFhir, fromJson, fromCsv]).toEqual([
    expect.objectContaining({ item: 'ServiceRequest/ot-1', outcome: 'accepted', linkedTo: null, replayed: false, reasons: null }),
    expect.objectContaining({ file: '-', item: null, outcome: 'accepted' }),
    expect.objectContaining({ file: '-', item: 'row 2', outcome: 'accepted' }),
  ]);
  const references = [fromFhir, fromJson, fromCsv].map(({ reference }) => String(reference));
  const { items } = await answered<{ items: { reference: string; source: string; stage: string }[] }>(['show', 'waitlist']);
  expect(items).toEqual([]);
  const journal = await answered<{ items: { type: string }[] }>(['show', 'journal', '--limit', '200']);
  expect(journal.items.filter(({ type }) => type === 'ReferralReceived')).toHaveLength(3);

  const does = (reference: string, command: string, data: object) =>
    answered<Command>(['referral', 'do', reference, command, '--as', practitioner, '--data', JSON.stringify(data)]);
  const decision = { stratum: 'frailty', tier: 'targeted', priority: 'soon', reason: 'clinical-judgement' };
  for (const reference of references)
    expect(await does(reference, 'accept', decision)).toMatchObject({
      reference,
      stage: 'waiting',
      events: [{ type: 'ReferralAccepted' }],
    });
  const list = await answered<{ total: number; items: { reference: string }[] }>(['show', 'waitlist']);
  expect(list.items.map(({ reference }) => reference).sort()).toEqual([...references].sort());

  const session = { place: 'Room 4', date: nextWeekday(), start: '09:00', end: '10:00', practitioner, types: ['first'] };
  const { slots } = await answered<{ slots: { id: string }[] }>(['clinic', 'open', 'quayside', '--data', JSON.stringify(session)]);
  expect(slots).toHaveLength(2);
  const mine = String(references[1]);
  expect(await does(mine.toLowerCase(), 'book', { slot: slots[0]?.id, type: 'first' })).toMatchObject({ stage: 'booked' });
  const shown = await answered<{ referral: { appointments: { id: string }[] } }>(['referral', 'show', mine]);
  const appointment = shown.referral.appointments[0]?.id;
  expect(await does(mine, 'record-attendance', { appointment, outcome: 'attended' })).toMatchObject({ stage: 'waiting' });
  expect(await does(mine, 'start-treatment', { intervention: 'falls-and-function', appointment })).toMatchObject({ stage: 'treatment' });
  const measure = {
    instrument: 'patient-specific',
    variant: 'goal-1',
    value: 7,
    on: nextWeekday(),
    completedBy: 'person',
    occasion: 'baseline',
  };
  const future = await waymark(folder, ['referral', 'do', mine, 'record-measure', '--as', practitioner, '--data', JSON.stringify(measure)]);
  expect(future).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^\/on: .+\n$/) as string });
  const discharge = {
    reason: 'goals-met',
    destination: 'self-management',
    noOutcomeReason: 'not-asked',
    summary: { did: 'An assessment and a plan.', gpToDo: 'Nothing.' },
  };
  expect(await does(mine, 'discharge', discharge)).toMatchObject({ stage: 'ended', events: [{ type: 'Discharged' }] });

  expect(await answered(['show', 'outcomes'])).toMatchObject({
    total: 1,
    items: [{ reference: mine, reason: 'goals-met', stratum: 'frailty' }],
  });
  expect(await answered(['show', 'caseload'])).toMatchObject({ total: 2 });
  const { referral, events } = await answered<{ referral: object; events: object[] }>(['referral', 'show', mine]);
  expect(referral).toMatchObject({ reference: mine, stage: 'ended', channel: 'cli', person: { ...ada.person, nhsNumber: '9990000018' } });
  for (const event of events) expect(Object.keys(event)).toEqual(['position', 'type', 'occurredAt', 'recordedAt', 'actor', 'words']);
  expect(await answered(['triage', 'explain', mine])).toMatchObject({
    reference: mine,
    stratum: 'frailty',
    reasons: expect.any(Array) as [],
  });
  expect(await answered(['projections', 'status'])).toMatchObject({
    projections: expect.arrayContaining([expect.objectContaining({ name: 'waitlist', status: 'live', lagEvents: 0, parked: 0 })]) as [],
  });
  expect(await answered(['events', 'verify'])).toMatchObject({ ok: true, witness: 'none', problems: [] });
});
