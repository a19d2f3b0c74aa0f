/** Fictional people for whole-program tests, and the service around them. */
import { addDays, londonDate, weekday } from '@waymark/kernel';
import { request, type Answer, type Program } from './program';

export const ada = {
  source: 'gp',
  person: {
    name: { family: 'Okonkwo-Fictional', given: ['Ada'] },
    birthDate: '1941-02-03',
    nhsNumber: '999 000 0018',
    address: { line: ['1 High Street'], postalCode: 'ZZ99 3WZ' },
    telecom: [{ system: 'phone', value: '01632 960001' }],
  },
  referrer: { name: 'Dr Mensah-Fictional', role: 'general-practitioner', organization: { ods: 'A99991' } },
  need: { inOwnWords: 'I want to bath safely', difficulties: ['moving-falls'], types: ['frailty-dementia'] },
  facts: { cfs: 6, 'fall-in-3-months': true, 'lives-alone': true, 'immediate-danger': false, 'suicidal-thoughts': false },
} as const;

export const asha = {
  name: 'Asha Rahman-Fictional',
  profession: 'Occupational therapist',
  registration: { body: 'HCPC', number: 'OT90001', expires: addDays(londonDate(new Date().toISOString()), 400) },
  level: 'fcp',
  scope: { strata: ['frailty', 'mental-health', 'work', 'wider'] },
};

/** The next weekday after today, London. */
export function nextWeekday(): string {
  let date = addDays(londonDate(new Date().toISOString()), 1);
  while (weekday(date) > 5) date = addDays(date, 1);
  return date;
}

export interface Answered {
  readonly reference: string;
  readonly revision: number;
  readonly stage: string;
  readonly events: readonly { readonly type: string }[];
}

/** One referral on a running server, decided on by one practitioner. */
export class Told {
  private constructor(
    private readonly program: Program,
    readonly reference: string,
    readonly practitioner: string,
  ) {}

  static async by(program: Program, practitioner: string, body: object = ada): Promise<Told> {
    const received = await request<{ reference: string }>(program.address, 'POST', '/api/v1/referrals', { body });
    if (received.status !== 201) throw new Error(`Not received: ${JSON.stringify(received.body)}`);
    return new Told(program, received.body.reference, practitioner);
  }

  /** Carries out a command on the referral as it is now. */
  async does(command: string, body: object, headers: Record<string, string> = {}): Promise<Answer<Answered>> {
    const { headers: read } = await this.onScreen();
    return request<Answered>(this.program.address, 'POST', `/api/v1/referrals/${this.reference}/${command}`, {
      body,
      headers: { 'waymark-actor': this.practitioner, 'if-match': read.get('etag') ?? '', ...headers },
    });
  }

  /** On a busy machine the references can be behind for longer than an answer waits. */
  private async onScreen(): Promise<Answer<unknown>> {
    for (let tries = 1; ; tries++) {
      const answer = await this.read();
      if (answer.status !== 503 || tries === 10) return answer;
    }
  }

  read<Body = Record<string, unknown>>(): Promise<Answer<Body>> {
    return request<Body>(this.program.address, 'GET', `/api/v1/referrals/${this.reference}`);
  }
}

export async function practitionerOn(program: Program, body: object = asha): Promise<string> {
  const added = await request<{ id: string }>(program.address, 'POST', '/api/v1/practitioners', { body });
  if (added.status !== 201) throw new Error(`Not registered: ${JSON.stringify(added.body)}`);
  return added.body.id;
}

export async function sessionOn(
  program: Program,
  practitioner: string,
  clinic = 'quayside',
): Promise<readonly { id: string; start: string }[]> {
  const opened = await request<{ slots: { id: string; start: string }[] }>(program.address, 'POST', `/api/v1/clinics/${clinic}/sessions`, {
    headers: { 'waymark-actor': practitioner },
    body: {
      service: 'northbank',
      place: 'Quayside Surgery',
      date: nextWeekday(),
      start: '09:00',
      end: '12:00',
      practitioner,
      types: ['first', 'follow-up'],
    },
  });
  if (opened.status !== 201) throw new Error(`Not opened: ${JSON.stringify(opened.body)}`);
  return opened.body.slots;
}
