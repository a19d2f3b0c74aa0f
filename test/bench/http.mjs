/** Row http.post.c32: a new person's referral over HTTP, 32 connections, against a bare Nest route that stores the body. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { FULL } from './folders.mjs';
import { logIn } from './logs.mjs';
import { callers, measured, perSecond, ratioOf } from './measure.mjs';
import { kernel, SERVER } from './product.mjs';
import { environmentOf, SERVICE } from './waymark.mjs';

const AT_ONCE = 32;
const BAR = 0.5;
const BARE_SERVER = fileURLToPath(new URL('./bare-server.mjs', import.meta.url));

export const rows = [{ id: 'http.post.c32', measure: postFigures }];

async function postFigures({ quick }) {
  const count = AT_ONCE * (quick ? 10 : 100);
  const runs = quick ? 1 : 3;
  const bodies = Array.from({ length: count * 2 }, (_, n) => JSON.stringify(referralFrom(n)));
  const { ours, limit } = await measured('http.post.c32', {
    runs,
    contestants: {
      ours: (folder) => posting(SERVER, folder, bodies),
      limit: (folder) => posting(BARE_SERVER, folder, bodies),
    },
    check({ ours, limit }) {
      for (const { folder } of [ours, limit]) {
        const log = logIn(folder, { readonly: true });
        const stored = log.prepare("SELECT count(*) FROM events WHERE type = 'ReferralReceived'").pluck().get();
        log.close();
        if (stored !== bodies.length) throw new Error(`http.post.c32: ${stored} referrals stored of ${bodies.length}`);
      }
    },
  });
  const ratio = ratioOf(ours, limit);
  return {
    work: "POST of a new person's referral, 32 connections: matched, encrypted, received and stratified in one append",
    durability: FULL,
    unit: 'requests/s',
    better: 'higher',
    runs,
    ours,
    limit: { what: 'a bare Nest route: the same body validated by the same class, one INSERT of it, one commit a request', ...limit },
    ratio,
    bar: BAR,
    met: ratio >= BAR,
    variants: [],
    note: `${count.toLocaleString('en')} requests a run after as many to warm up; server and client share the machine`,
  };
}

async function posting(program, folder, bodies) {
  const server = spawn(process.execPath, [program], {
    env: { ...process.env, ...environmentOf(folder) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const interrupted = () => server.kill();
  process.once('exit', interrupted);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  try {
    const address = await addressOf(server);
    const half = bodies.length / 2;
    const all = (from) =>
      callers(AT_ONCE, async (caller) => {
        for (let n = from + caller; n < from + half; n += AT_ONCE) await post(agent, address, bodies[n], n);
      });
    await all(0);
    return { value: await perSecond(half, () => all(half)) };
  } finally {
    process.off('exit', interrupted);
    agent.destroy();
    server.kill('SIGTERM');
    await ended;
  }
}

/** Both programs say in one line where they listen. */
async function addressOf(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const [address] = /http:\/\/\S+/.exec(line) ?? [];
    if (address) {
      server.stdout.resume();
      return address;
    }
  }
  throw new Error('The server ended before it listened');
}

function post(agent, address, body, n) {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), 'Idempotency-Key': `bench-${n}` };
    const sent = request(`${address}/api/v1/referrals`, { method: 'POST', agent, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (answer += part));
      response.on('end', () => (response.statusCode === 201 ? resolve() : reject(new Error(`${response.statusCode}: ${answer}`))));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Everybody another person, none of them real. */
function referralFrom(n) {
  return {
    service: SERVICE,
    source: 'gp',
    person: {
      name: { family: `Fictional${n}`, given: [`Ada${n % 50}`, 'Grace'] },
      birthDate: `${1930 + (n % 35)}-0${1 + (n % 9)}-1${n % 10}`,
      nhsNumber: nhsNumber(n),
      gender: 'female',
      address: { line: [`${1 + n} High Street`], postalCode: `ZZ${n % 100} ${Math.floor(n / 100) % 10}WZ` },
      telecom: [{ system: 'phone', value: `01632 960${String(n % 1000).padStart(3, '0')}` }],
    },
    referrer: { name: 'Dr Fictional', role: 'general-practitioner' },
    need: { reason: 'Cannot bath safely since the fall and is afraid of the stairs', types: ['frailty-dementia'] },
    facts: { cfs: 5, 'fall-in-3-months': true, 'lives-alone': n % 2 === 0 },
  };
}

/** The nth number of the range that is never issued whose check digit exists. */
const numbers = [];
let candidate = 0;
function nhsNumber(n) {
  while (numbers.length <= n) {
    const nine = `999${String(candidate++).padStart(6, '0')}`;
    const found = [...'0123456789'].map((digit) => nine + digit).find((number) => kernel.passesModulus11(number));
    if (found) numbers.push(found);
  }
  return numbers[n];
}
