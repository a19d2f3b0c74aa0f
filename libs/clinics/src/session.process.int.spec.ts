/** Opening a session for the service: by its own practitioner, in slots of its own length, once. */
import 'reflect-metadata';
import { join } from 'node:path';
import { CommandLoop, memoryEventStore } from '@waymark/event-store';
import { derivedId, isRejection, issue } from '@waymark/kernel';
import { Configuration } from '@waymark/rules';
import { practitionerEvents, registerPractitioner, RegisterPractitioner } from '@waymark/workforce';
import { clinicEvents } from './clinic-day';
import { OpenClinicSession } from './clinic.commands';
import { openSession } from './session.process';

const clock = () => new Date('2026-11-24T10:00:00.000Z');
const how = (key: string) => ({
  service: 'northbank',
  actor: { kind: 'system', id: 'system', role: 'system' } as const,
  commandId: derivedId('command', key),
  correlationId: derivedId('correlation', key),
  channel: 'cli' as const,
});

async function service() {
  const store = memoryEventStore({ clock });
  const configuration = await Configuration.open({ folder: join(__dirname, '../../../config'), store: memoryEventStore({ clock }), clock });
  const loop = new CommandLoop({
    store,
    clock,
    definitions: { ...clinicEvents, ...practitionerEvents },
    words: ({ type }) => type,
    sealer: { seal: async (_, events) => [...events] },
  });
  const asha = Object.assign(new RegisterPractitioner(), {
    name: 'Asha Rahman',
    profession: 'occupational-therapist',
    registration: { body: 'HCPC' as const, number: 'OT99001', expires: '2027-10-31' },
    level: 'ot' as const,
    scope: { strata: ['frailty' as const] },
  });
  const registered = await registerPractitioner(issue(asha, how('asha')), loop);
  if (isRejection(registered)) throw new Error(registered.detail);
  const open = (changed: Partial<OpenClinicSession> = {}) => {
    const session = { clinic: 'quayside', place: 'Quayside Surgery', date: '2026-12-07', start: '09:00', end: '11:00' };
    const body = Object.assign(new OpenClinicSession(), {
      ...session,
      practitioner: registered.state?.practitionerId ?? '',
      types: ['first' as const],
      ...changed,
    });
    return openSession(issue(body, how('open')), { loop, store, configuration });
  };
  return { store, open };
}

describe('opening a session', () => {
  it('takes the length of a consultation from the service’s settings', async () => {
    const { open, store } = await service();
    expect(await open()).toMatchObject({ stream: 'clinic-northbank-quayside-2026-12-07', events: [{ type: 'ClinicSessionOpened' }] });
    const [opened] = await store.read('clinic-northbank-quayside-2026-12-07');
    expect(opened?.data).toMatchObject({ slots: { length: 4 } });
  });

  it('or from whoever opens it', async () => {
    const { open, store } = await service();
    await open({ slotMinutes: 60 });
    expect((await store.read('clinic-northbank-quayside-2026-12-07'))[0]?.data).toMatchObject({ slots: { length: 2 } });
  });

  it('sent again is the same session', async () => {
    const { open, store } = await service();
    await open();
    expect(await open()).toMatchObject({ replayed: true, events: [{ type: 'ClinicSessionOpened' }] });
    expect(await store.read('clinic-northbank-quayside-2026-12-07')).toHaveLength(1);
  });

  it('is refused for a practitioner of nobody, and for a clinic that has no proper code', async () => {
    const { open } = await service();
    expect(await open({ practitioner: derivedId('practitioner', 'nobody') })).toMatchObject({
      code: 'unknown-practitioner',
      path: '/practitioner',
    });
    expect(await open({ clinic: '../etc' })).toMatchObject({ code: 'invalid', path: '/clinic' });
  });
});
