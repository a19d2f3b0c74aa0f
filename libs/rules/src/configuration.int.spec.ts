import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CLOCK, EVENT_STORE, memoryEventStore, type EventStore } from '@waymark/event-store';
import { Configuration } from './configuration';
import { ConfigurationMistakes } from './files';
import { configurationEvents } from './published';
import { RulesModule } from './rules.module';

const shipped = join(__dirname, '../../../config');
const clock = () => new Date('2026-11-24T09:00:00Z');
let folder: string;
let store: EventStore;

beforeEach(() => {
  store = memoryEventStore({ clock });
  folder = mkdtempSync(join(tmpdir(), 'config-'));
  cpSync(shipped, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const ASHA = '3b1de0a4-6a3b-5d0e-9a63-0f6f7c1f1a11';
const board = { actor: { id: ASHA, role: 'ot' }, reason: 'Agreed by the board' };

const open = () => Configuration.open({ folder, store, clock });

function change(file: string, from: string, to: string) {
  const text = readFileSync(join(folder, file), 'utf8');
  writeFileSync(join(folder, file), text.replace(from, to));
  expect(text).toContain(from);
}
function addSouthbank() {
  const text = readFileSync(join(folder, 'services/northbank.yaml'), 'utf8');
  writeFileSync(
    join(folder, 'services/southbank.yaml'),
    text.replace('id: northbank', 'id: southbank').replace('default: true', 'default: false'),
  );
}
async function log() {
  const events = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}

describe('the first start on an empty log', () => {
  it('publishes the files whole, each with its hash and the reason, in the name of the system', async () => {
    const configuration = await open();
    const events = await log();
    expect(events.map(({ stream, type }) => [stream, type])).toEqual([
      ['ruleset-northbank', 'RuleSetPublished'],
      ['service-northbank', 'ServiceConfigured'],
    ]);
    for (const { data, meta, type } of events) {
      expect(configurationEvents[type as keyof typeof configurationEvents].schema.safeParse(data).success).toBe(true);
      expect(data['contentHash']).toMatch(/^[0-9a-f]{64}$/);
      expect(meta).toMatchObject({ service: 'northbank', actor: 'system' });
    }
    expect(configuration.services()).toEqual(['northbank']);
    expect(configuration.defaultService()).toBe('northbank');
    expect(configuration.warning).toBeUndefined();
  });

  it('publishes nothing twice, also when two start together or one died half way', async () => {
    await Promise.all([open(), open()]);
    await open();
    expect(await log()).toHaveLength(2);
    const [rules] = await log();
    store = memoryEventStore({ clock });
    const { id, type, schemaVersion, occurredAt, data, meta } = rules!;
    await store.append('ruleset-northbank', 'none', [{ id, type, schemaVersion, occurredAt, data, meta }]);
    expect((await open()).services()).toEqual(['northbank']);
    expect(await log()).toHaveLength(2);
  });

  it('does not happen with a mistake in the files', async () => {
    change('services/northbank.yaml', 'nation: england', 'nation: cornwall');
    await expect(open()).rejects.toBeInstanceOf(ConfigurationMistakes);
    expect(await log()).toEqual([]);
  });
});

describe('what is in force', () => {
  it('comes from the log, whole', async () => {
    const active = await (await open()).current();
    expect(active.service.name).toBe('Northbank Occupational Therapy');
    expect(active.settingsOn('2026-11-24').bookingHorizonDays).toBe(28);
    expect(active.ruleSet.id).toBe((await log())[0]?.data['contentHash']);
    expect(active.facts.get('cfs')?.range).toEqual([1, 9]);
    expect(active.calendar.isWorkingDay('2026-12-28')).toBe(false);
    expect(active.codes.has('decline-criteria', 'outside-area')).toBe(true);
    expect(active.referralCodes.occupationalTherapy[0]?.code).toBe('308453003');
  });

  it('stays what is published when the files change, and the start says so', async () => {
    await open();
    change('services/northbank.yaml', 'bookingHorizonDays: 28', 'bookingHorizonDays: 42');
    change('rules/mh-01.rule.yaml', 'An adult whose mental health gets in the way of everyday life.', 'Another reason.');
    const later = await open();
    expect((await later.current()).settingsOn('2026-11-24').bookingHorizonDays).toBe(28);
    expect(later.warning).toBe(
      'The configuration files differ from what is published: northbank (service, rules). What is published counts; waymark config publish publishes the files',
    );
    expect(await log()).toHaveLength(2);
  });

  it('changes for everybody once it is published, and nothing is published that did not change', async () => {
    const running = await open();
    const before = await running.current();
    expect(await running.current()).toBe(before);
    change('services/northbank.yaml', 'bookingHorizonDays: 28', 'bookingHorizonDays: 42');
    const other = await open();
    const published = await other.publish(board);
    const [changed] = (await log()).slice(-1);
    expect(published).toEqual([
      { service: 'northbank', what: 'service', contentHash: changed?.data['contentHash'], position: changed?.position },
    ]);
    expect(changed).toMatchObject({
      stream: 'service-northbank',
      data: { reason: 'Agreed by the board' },
      meta: { actor: ASHA, role: 'ot' },
    });
    expect(await other.publish(board)).toEqual([]);
    expect((await running.current()).settingsOn('2026-11-24').bookingHorizonDays).toBe(42);
    expect((await running.current()).ruleSet).toBe(before.ruleSet);
  });

  it('is, as at a place in the log, what it was there', async () => {
    const running = await open();
    const places = (await log()).map(({ position }) => position);
    change('services/northbank.yaml', 'bookingHorizonDays: 28', 'bookingHorizonDays: 42');
    await (await open()).publish(board);
    const [changed] = (await log()).slice(-1);
    const horizonAt = async (position: string | undefined) =>
      (await running.at('northbank', position))?.settingsOn('2026-11-24').bookingHorizonDays;
    // The rules alone, published first, are not a service yet.
    expect(await Promise.all([undefined, ...places, changed!.position].map(horizonAt))).toEqual([undefined, undefined, 28, 42]);
    expect((await running.at('northbank', places.at(-1)))?.ruleSet).toBe((await running.current()).ruleSet);
  });

  it('of one service is nothing to another', async () => {
    addSouthbank();
    const both = await open();
    expect(both.services()).toEqual(['northbank', 'southbank']);
    expect(both.defaultService()).toBe('northbank');
    expect((await both.current('southbank')).service.id).toBe('southbank');
    const southbank = (await log()).filter(({ meta }) => meta.service === 'southbank');
    expect(southbank.map(({ stream }) => stream)).toEqual(['ruleset-southbank', 'service-southbank']);
    expect(JSON.stringify(southbank)).not.toContain('id":"northbank');
  });

  it('is nothing for a service that nobody configured', async () => {
    const configuration = await open();
    expect(await configuration.configured('elsewhere')).toBeUndefined();
    expect(await configuration.configured('Not a service!')).toBeUndefined();
    await expect(configuration.current('elsewhere')).rejects.toThrow('No such service');
    addSouthbank();
    await store.append('referral-northbank-1', 'none', [
      {
        id: '6f0c9d54-2f0e-5c0a-9a53-0d1c6b7f8e22',
        type: 'Other',
        schemaVersion: 1,
        occurredAt: '2026-11-24T09:00:00Z',
        data: {},
        meta: { service: 'northbank', actor: 'system', role: 'system', commandId: 'c', correlationId: 'c' },
      },
    ]);
    const later = await open();
    expect(later.services()).toEqual(['northbank']);
    expect(later.warning).toContain('southbank (new: it does not exist until it is published)');
    expect(await later.publish(board)).toMatchObject([
      { service: 'southbank', what: 'rules' },
      { service: 'southbank', what: 'service' },
    ]);
    expect(await configuration.configured('southbank')).toBeDefined();
    expect((await open()).warning).toBeUndefined();
  });
});

it('a program gets the configuration from its module', async () => {
  @Global()
  @Module({
    providers: [
      { provide: EVENT_STORE, useFactory: () => store },
      { provide: CLOCK, useValue: clock },
    ],
    exports: [EVENT_STORE, CLOCK],
  })
  class Log {}
  const program = await Test.createTestingModule({ imports: [Log, RulesModule.register({ configFolder: folder })] }).compile();
  expect(program.get(Configuration).defaultService()).toBe('northbank');
});
