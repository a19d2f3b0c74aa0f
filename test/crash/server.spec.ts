/** The server killed while it takes referrals in: whatever it acknowledged is there, once, and the whole is sound. */
import { ada } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, waymark } from '../support/program';
import { differencesFromFold, eventsIn } from '../support/rebuilt';

const KILLS = 3;
const AT_ONCE = 8;

interface Sent {
  readonly key: string;
  readonly body: object;
}

function somebody(number: number): Sent {
  const family = `Fictional-${number}`;
  return {
    key: `kill-${number}`,
    body: { ...ada, person: { name: { family, given: ['Ada'] }, birthDate: `19${10 + (number % 80)}-02-03` } },
  };
}

test('every acknowledged referral survives, and the unacknowledged ones can be sent again', async () => {
  const folder = emptyFolder();
  const acknowledged = new Map<string, string>();
  const unanswered: Sent[] = [];
  let number = 0;
  let cutShort = 0;
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const server = await startServer(folder);
      const send = async (sent: Sent): Promise<void> => {
        try {
          const answer = await request<{ reference: string }>(server.address, 'POST', '/api/v1/referrals', {
            body: sent.body,
            headers: { 'idempotency-key': sent.key },
          });
          expect(answer.status).toBe(201);
          const known = acknowledged.get(sent.key);
          if (known !== undefined) expect(answer.body.reference).toBe(known);
          acknowledged.set(sent.key, answer.body.reference);
        } catch (fault) {
          if ((fault as Error).name !== 'TypeError') throw fault;
          unanswered.push(sent);
          cutShort++;
        }
      };
      for (const sent of unanswered.splice(0)) await send(sent);
      const clients = Array.from({ length: AT_ONCE }, async () => {
        for (let i = 0; i < 40 && server.process.signalCode === null; i++) await send(somebody(number++));
      });
      await new Promise((resolve) => setTimeout(resolve, 150 + 100 * kill));
      await server.stop('SIGKILL');
      await Promise.all(clients);
    }
    expect(cutShort).toBeGreaterThan(0);
    expect(acknowledged.size).toBeGreaterThan(0);

    const server = await startServer(folder);
    for (const [key, reference] of acknowledged) {
      expect({ key, status: (await request(server.address, 'GET', `/api/v1/referrals/${reference}`)).status }).toEqual({
        key,
        status: 200,
      });
    }
    await server.stop();
    const received = (await eventsIn(folder))
      .filter(({ type }) => type === 'ReferralReceived')
      .map(({ data }) => String(data['reference']));
    expect(new Set(received).size).toBe(received.length);
    expect(await differencesFromFold(folder)).toEqual([]);
    expect((await waymark(folder, ['events', 'verify', '--json'])).code).toBe(0);
  } finally {
    removeFolder(folder);
  }
}, 120_000);
