import { readFile } from '@waymark/fhir';
import { readContext, verdictsOf } from '../../libs/fhir/src/testing';
import { bytesOf, describeOver, filesOf, isWhole, tableOf } from './material';

const context = readContext();
const collections = ['bars-api', 'ers-api', 'fhir-validity', 'intl-referral-fhir', 'pds-api', 'ukcore-examples'];

describe('what each file of the real material comes to', () => {
  for (const collection of collections) {
    describeOver(collection, () => {
      const table = tableOf(collection);
      const names = filesOf(collection, '.json');

      it.each(names)('%s', (name) => {
        const items = readFile(name, bytesOf(collection, name), context);
        if (Object.hasOwn(table, name)) expect(verdictsOf(items)).toEqual(table[name]);
        // A file the table does not know still has an answer for everything in it, with its reason.
        for (const { kind, reasons, referral } of items) {
          if (kind === 'refused' || kind === 'not-this-service') expect(reasons.length).toBeGreaterThan(0);
          if (kind === 'referral' || kind === 'information') expect(referral).toBeDefined();
        }
        expect(items.length).toBeGreaterThan(0);
      });

      if (isWhole) {
        it('every file is in the table, and the table names no other', () => {
          expect(Object.keys(table).sort()).toEqual(names);
        });
      }
    });
  }
});

describe('lists that are no case-finding lists', () => {
  for (const collection of ['synthea-cohort', 'synthea-csv']) {
    describeOver(collection, () => {
      it.each(filesOf(collection, '.csv'))('%s is refused as a whole, by its columns, and nobody in it is named', (name) => {
        const items = readFile(name, bytesOf(collection, name), context);
        expect(items).toHaveLength(1);
        expect(items[0]).toMatchObject({ item: null, kind: 'refused' });
        expect(items[0]!.reasons.every(({ code }) => code === 'unknown-field')).toBe(true);
      });
    });
  }
});
