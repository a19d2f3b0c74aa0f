import { readCsv } from './csv';
import { outcomesOf, readContext } from './testing';

const context = readContext();
const HEADER = 'family_name,given_names,birth_date,reason,agreement';
const rows = (text: string) => readCsv(text, context);
const row = (columns: string, cells: string) => readCsv(`${columns}\n${cells}\n`, context)[0]!;

it('a row with everything becomes a whole referral', () => {
  const columns =
    'family_name,given_names,birth_date,nhs_number,gender,address,postcode,phone,email,gp_practice_ods,reason,agreement,fact:cfs,fact:cfs:on,fact:lives-alone,fact:acute-signs';
  const cells =
    'Okonkwo,Ada Grace,03/02/1941,999 000 0018,F,"1 High Street, Northbank",ZZ99 3WZ,01632 960001,ada@example.com,a99991,Frail,Agreed,6,1/10/2026,yes,overdose; chest-pain-now';
  expect(row(columns, cells)).toEqual({
    item: 'row 2',
    kind: 'referral',
    reasons: [],
    flags: [],
    referral: {
      source: 'case-finding',
      person: {
        name: { family: 'Okonkwo', given: ['Ada', 'Grace'] },
        birthDate: '1941-02-03',
        nhsNumber: '999 000 0018',
        gender: 'female',
        address: { line: ['1 High Street', 'Northbank'], postalCode: 'ZZ99 3WZ' },
        telecom: [
          { system: 'phone', value: '01632 960001' },
          { system: 'email', value: 'ada@example.com' },
        ],
        gpPractice: { ods: 'A99991' },
      },
      need: { reason: 'Frail' },
      agreement: { basis: 'agreed' },
      facts: {
        cfs: { value: 6, on: '2026-10-01', by: 'imported' },
        'lives-alone': { value: true, by: 'imported' },
        'acute-signs': { value: ['overdose', 'chest-pain-now'], by: 'imported' },
      },
    },
  });
});

it.each([
  ['03/02/1941', '1941-02-03'],
  ['3.2.1941', '1941-02-03'],
  ['1941-02-03', '1941-02-03'],
  ['1941', '1941'],
  ['', undefined],
])('a birth date written %s is %s', (cell, birthDate) => {
  expect(row(HEADER, `Okonkwo,Ada,${cell},Frail,agreed`).referral?.person.birthDate).toBe(birthDate);
});

it('an age somebody gave is kept as an age', () => {
  expect(row(HEADER, 'Okonkwo,Ada,about 82,Frail,agreed').referral?.person.birthDate).toEqual({ about: 82 });
});

it.each(['31/02/1941', '02/13/1941', '03/02/41', '1941-2-3', 'spring', '21/11/2026', '01/01/1899'])(
  'a birth date %s refuses its row and names its column',
  (cell) => {
    expect(outcomesOf(rows(`${HEADER}\nOkonkwo,Ada,${cell},Frail,agreed\nHollis,Jem,1939,Frail,agreed\n`))).toEqual({
      'row 2': 'refused, invalid birth_date',
      'row 3': 'referral',
    });
  },
);

it.each([
  ['agreed', 'referral'],
  ['Best interests', 'referral'],
  ['best_interests', 'referral'],
  ['', 'refused, agreement-needed agreement'],
  ['not-sure', 'refused, agreement-needed agreement'],
  ['refused', 'refused, agreement-needed agreement'],
  ['yes', 'refused, agreement-needed agreement'],
])('agreement %j: %s', (agreement, outcome) => {
  expect(outcomesOf([row(HEADER, `Okonkwo,Ada,1941,Frail,${agreement}`)])).toEqual({ 'row 2': outcome });
});

it('a list without the column of agreement makes no referral of anybody', () => {
  expect(outcomesOf([row('family_name,reason', 'Okonkwo,Frail')])).toEqual({ 'row 2': 'refused, agreement-needed agreement' });
});

it('a column nobody knows refuses the whole file by its name', () => {
  expect(rows(`${HEADER},shoe_size\nOkonkwo,Ada,1941,Frail,agreed,4\n`)).toMatchObject([
    { item: null, kind: 'refused', reasons: [{ code: 'unknown-field', path: 'shoe_size' }] },
  ]);
  expect(rows(`${HEADER},fact:age-years\nOkonkwo,Ada,1941,Frail,agreed,4\n`)).toMatchObject([
    { item: null, reasons: [{ code: 'unknown-field', path: 'fact:age-years' }] },
  ]);
  expect(rows(`${HEADER},reason\n`)).toMatchObject([{ item: null, reasons: [{ code: 'invalid', path: 'reason' }] }]);
});

it('where the header was forgotten nobody reads the first person aloud', () => {
  expect(JSON.stringify(rows('Okonkwo,Ada,1941-02-03\n'))).not.toMatch(/Okonkwo|1941/);
});

it('rows are told by the line they begin on, also after empty lines and cells of several lines', () => {
  expect(outcomesOf(rows(`${HEADER}\r\n\r\n"Tran\nNguyen",Linh,1950,Frail,agreed\r\nHollis,Jem,1939,Frail,agreed\r\n`))).toEqual({
    'row 3': 'referral',
    'row 5': 'referral',
  });
});

it('a fact that cannot be so refuses its row', () => {
  const outcome = (cell: string) =>
    outcomesOf([row(`${HEADER},fact:cfs,fact:lives-alone`, `Okonkwo,Ada,1941,Frail,agreed,${cell}`)])['row 2'];
  expect(outcome('12,')).toBe('refused, invalid fact:cfs');
  expect(outcome('six,')).toBe('refused, invalid fact:cfs');
  expect(outcome(',perhaps')).toBe('refused, invalid fact:lives-alone');
  expect(outcome('not sure,unknown')).toBe('referral');
});
