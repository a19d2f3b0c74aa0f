/** The same human known to two services: neither holds a trace of the other. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ada } from '../support/people';
import { emptyFolder, removeFolder, request, root, startServer, type Program } from '../support/program';
import { eventsIn } from '../support/rebuilt';

let config: string;
let folder: string;
let program: Program;

beforeAll(async () => {
  config = mkdtempSync(join(tmpdir(), 'waymark-config-'));
  cpSync(join(root, 'config'), config, { recursive: true });
  const northbank = readFileSync(join(config, 'services/northbank.yaml'), 'utf8');
  writeFileSync(
    join(config, 'services/southbank.yaml'),
    northbank.replace('id: northbank', 'id: southbank').replace('default: true', 'default: false').replaceAll('Northbank', 'Southbank'),
  );
  folder = emptyFolder();
  program = await startServer(folder, { WAYMARK_CONFIG: config });
}, 30_000);

afterAll(async () => {
  await program.stop();
  removeFolder(folder);
  rmSync(config, { recursive: true });
});

test('Ada, referred to both, is a person of her own in each', async () => {
  const sent = await Promise.all(
    ['northbank', 'southbank'].map((service) =>
      request<{ outcome: string; reference: string }>(program.address, 'POST', '/api/v1/referrals', { body: { ...ada, service } }),
    ),
  );
  expect(sent.map(({ status, body }) => [status, body.outcome])).toEqual([
    [201, 'accepted'],
    [201, 'accepted'],
  ]);
  const received = (await eventsIn(folder)).filter(({ type }) => type === 'ReferralReceived');
  expect(received.map(({ meta }) => meta.service).sort()).toEqual(['northbank', 'southbank']);
  const [one, other] = received.map(({ data }) => data);
  for (const id of ['personId', 'referrerId', 'reference']) expect(one?.[id]).not.toBe(other?.[id]);
  expect(one?.['matched']).toBe('new');
  expect(other?.['matched']).toBe('new');
});

test.each(['waitlist?stage=triage', 'caseload', 'journal', 'outcomes'])('%s shows one service alone', async (list) => {
  const both = await Promise.all(
    ['northbank', 'southbank'].map(async (service) => {
      const joined = list.includes('?') ? '&' : '?';
      return (await request<object>(program.address, 'GET', `/api/v1/${list}${joined}service=${service}`)).body;
    }),
  );
  expect(JSON.stringify(both[0])).not.toContain('southbank');
  expect(JSON.stringify(both[1])).not.toContain('northbank');
});
