import { eventDefinitions, listsOf, readModels } from './models';

describe('the read models together', () => {
  it('have a name each and fold no event that does not exist', () => {
    expect(new Set(readModels.map(({ name }) => name)).size).toBe(readModels.length);
    for (const { name, on } of readModels)
      expect([name, Object.keys(on).filter((type) => !Object.hasOwn(eventDefinitions, type))]).toEqual([name, []]);
  });

  it('keep no column that a personal field of any event could fill', () => {
    const personal = new Set(Object.values(eventDefinitions).flatMap((definition) => [...definition.personal.keys()]));
    expect(personal).toContain('person');
    for (const { name, table } of readModels)
      expect([name, Object.keys(table.columns).filter((column) => personal.has(column))]).toEqual([name, []]);
  });

  it('say on which lists an event may show', () => {
    expect(listsOf('ReferralAccepted')).toEqual(['waitlist', 'caseload', 'outcomes', 'journal']);
    expect(listsOf('AppointmentBooked')).toEqual(['waitlist', 'caseload', 'journal']);
    expect(listsOf('SlotHeld')).toEqual(['journal']);
    expect(listsOf('NoSuchEvent')).toEqual([]);
  });
});
