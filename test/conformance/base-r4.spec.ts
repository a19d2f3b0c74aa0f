import { checkBaseR4 } from '@waymark/fhir';
import { describeOver, jsonOf } from './material';

interface Labels {
  readonly files: Record<string, { readonly type?: string; readonly valid?: boolean; readonly fhirVersion?: string }>;
}

/** Where we refuse and the label does not, and why we are right to. */
const OURS = new Map([
  ['cases/patient-id-bad-1.json', 'an underscore in an id; the HL7 validator refuses it too'],
  ['cases/patient-id-bad-2.json', 'a space in an id; the HL7 validator refuses it too'],
  ['json/Extension-UKCore-ConditionEpisode-Example.json', 'two values in one extension, which may have one'],
]);

describe('our verdict on the structure of every R4 resource is that of an independent validator', () => {
  for (const collection of ['bars-api', 'ers-api', 'fhir-validity', 'intl-referral-fhir', 'pds-api', 'ukcore-examples']) {
    describeOver(collection, () => {
      const labelled = Object.entries(jsonOf<Labels>(collection, 'labels.json').files).filter(
        ([, { valid, fhirVersion }]) => valid !== undefined && fhirVersion !== 'STU3',
      );

      it.each(labelled)('%s', (name, { valid }) => {
        const sound = checkBaseR4(jsonOf(collection, name)).length === 0;
        expect(sound).toBe(OURS.has(name) ? false : valid);
      });
    });
  }
});

interface Expected {
  readonly cases: readonly {
    readonly file: string;
    readonly parses: boolean;
    readonly intake: 'must_refuse' | 'must_accept_or_ignore' | 'either';
  }[];
}

describe('the HL7 validator: what must be refused is, and what must be accepted is', () => {
  describeOver('fhir-validity', () => {
    const decided = jsonOf<Expected>('fhir-validity', 'expected.json').cases.filter(({ parses, intake }) => parses && intake !== 'either');

    it.each(decided.map(({ file, intake }) => [file, intake] as const))('%s: %s', (file, intake) => {
      expect(checkBaseR4(jsonOf('fhir-validity', file)).length > 0).toBe(intake === 'must_refuse');
    });
  });
});
