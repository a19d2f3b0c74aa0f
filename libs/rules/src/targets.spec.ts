import { join } from 'node:path';
import { activeConfiguration, type ActiveConfiguration } from './active';
import { readConfiguration } from './files';
import { RuleSet } from './rule-set';
import { settingsOn, serviceSchema, type ServiceConfiguration } from './service';
import { raisedTargets, targetsFor } from './targets';

const files = readConfiguration(join(__dirname, '../../../config'));
const content = files.services[0]!;
const active: ActiveConfiguration = activeConfiguration(content, new RuleSet(files.ruleSet));
const at = (priority: Parameters<typeof targetsFor>[0], from: string) => targetsFor(priority, from, from, active);

describe('the dates of a priority', () => {
  it('routine, received on a Thursday morning', () => {
    expect(at('routine', '2026-11-26T10:00:00Z')).toEqual({
      read: '2026-11-27T17:00:00.000Z',
      triage: '2026-11-30T17:00:00.000Z',
      firstContact: '2027-01-12T17:00:00.000Z',
      treatment: '2027-04-01',
      booking: '2027-01-05T17:00:00.000Z',
      agreement: '2026-11-30T17:00:00.000Z',
      warnings: ['2027-03-04', '2027-03-25'],
    });
  });

  it('soon: ten working days to the first contact, Christmas not counted', () => {
    expect(at('soon', '2026-12-18T10:00:00Z').firstContact).toBe('2027-01-06T17:00:00.000Z');
  });

  it('urgent: read in two service hours, triaged the same day, or by noon of the next when it came after two', () => {
    expect(at('urgent', '2026-11-26T14:00:00Z')).toMatchObject({
      read: '2026-11-26T16:00:00.000Z',
      triage: '2026-11-26T17:00:00.000Z',
      firstContact: '2026-12-03T17:00:00.000Z',
    });
    expect(at('urgent', '2026-11-27T14:01:00Z')).toMatchObject({ read: '2026-11-27T16:01:00.000Z', triage: '2026-11-30T12:00:00.000Z' });
    expect(at('urgent', '2026-11-28T09:00:00Z')).toMatchObject({ read: '2026-11-30T11:00:00.000Z', triage: '2026-11-30T12:00:00.000Z' });
  });

  it('crisis: minutes of the duty desk, and no first contact of ours', () => {
    const crisis = at('crisis', '2026-11-26T10:00:00Z');
    expect(crisis).toMatchObject({ read: '2026-11-26T10:15:00.000Z', triage: '2026-11-26T11:00:00.000Z' });
    expect(crisis.firstContact).toBeUndefined();
    expect(at('crisis', '2026-11-26T16:20:00Z').read).toBe('2026-11-27T09:05:00.000Z');
  });

  it('treatment counts calendar days in London, also over a clock change and after 16:00', () => {
    expect(at('routine', '2026-07-01T23:30:00Z').treatment).toBe('2026-11-05');
    expect(at('routine', '2026-07-01T22:30:00Z').treatment).toBe('2026-11-04');
  });

  it('never get later with more urgency', () => {
    for (const from of [
      '2026-11-26T10:00:00Z',
      '2026-11-27T16:30:00Z',
      '2026-12-24T15:00:00Z',
      '2026-03-28T08:00:00Z',
      '2026-10-24T23:00:00Z',
    ]) {
      const [routine, soon, urgent, crisis] = (['routine', 'soon', 'urgent', 'crisis'] as const).map((priority) => at(priority, from));
      expect(soon!.read >= urgent!.read && urgent!.read >= crisis!.read).toBe(true);
      expect(soon!.triage >= urgent!.triage).toBe(true);
      expect(routine!.firstContact! >= soon!.firstContact! && soon!.firstContact! >= urgent!.firstContact!).toBe(true);
    }
  });
});

describe('after a raise', () => {
  it('the first contact is the earlier of what was promised and what is promised now; treatment still counts from receipt', () => {
    const promised = at('routine', '2026-11-02T10:00:00Z');
    const raised = raisedTargets(promised, 'urgent', '2026-11-10T10:00:00Z', active);
    expect(raised).toMatchObject({
      firstContact: '2026-11-17T17:00:00.000Z',
      triage: '2026-11-10T17:00:00.000Z',
      treatment: promised.treatment,
    });
    expect(raisedTargets(promised, 'soon', '2026-12-10T10:00:00Z', active).firstContact).toBe(promised.firstContact);
  });

  it('a date that still lies ahead does not move later', () => {
    const promised = at('routine', '2026-11-02T10:00:00Z');
    expect(raisedTargets(promised, 'soon', '2026-11-03T10:00:00Z', active).triage).toBe(promised.triage);
  });
});

describe('the settings of a service', () => {
  const { service } = content;

  it('are those of the day; a later entry changes what it names', () => {
    const changed: ServiceConfiguration = {
      ...service,
      settings: [...service.settings, { from: '2027-04-01', source: 'board paper', bookingHorizonDays: 42 }],
    };
    expect(settingsOn(changed, '2027-03-31').bookingHorizonDays).toBe(28);
    expect(settingsOn(changed, '2027-04-01')).toEqual({ ...settingsOn(service, '2027-03-31'), bookingHorizonDays: 42 });
    expect(settingsOn(changed, '1999-01-01').consultations).toEqual({ maximum: 6, minutes: 30 });
  });

  it('carry the figures of the seeds', () => {
    expect(active.settingsOn('2026-11-24')).toMatchObject({
      consultations: { maximum: 6, minutes: 30 },
      bookingHorizonDays: 28,
      weeklyContacts: 32,
      targetWorkingDays: { triage: 2, crisis: 0, urgent: 5, soon: 10, routine: 30 },
      treatmentDays: 126,
    });
  });

  it('is not a service without its duty contacts, its crisis destinations or its out-of-hours words', () => {
    for (const field of ['duty', 'crisisDestinations', 'outOfHours'] as const) {
      const { [field]: _, ...without } = service;
      expect(serviceSchema.safeParse(without).success).toBe(false);
    }
    expect(serviceSchema.safeParse({ ...service, crisisDestinations: [] }).success).toBe(false);
    expect(serviceSchema.safeParse({ ...service, selfReferral: { ...service.selfReferral, wider: false } }).success).toBe(false);
  });
});
