import { normaliseNhsNumber, passesModulus11 } from '@waymark/kernel';
import { describeOver, jsonOf } from './material';

interface Cases {
  readonly cases: readonly {
    readonly op: 'validate' | 'standardise';
    readonly input: string;
    readonly valid?: boolean;
    readonly expected?: string;
  }[];
}

describeOver('nhs-number', () => {
  const { cases } = jsonOf<Cases>('nhs-number', 'cases.json');

  it.each(cases.filter(({ op }) => op === 'validate').map(({ input, valid }) => [input, valid] as const))(
    '%j passes its check: %s',
    (input, valid) => {
      expect(passesModulus11(normaliseNhsNumber(input))).toBe(valid);
    },
  );

  // Other spacings are refused by one library; we keep the ten digits whatever lies between them.
  it.each(
    cases.filter(({ op, expected }) => op === 'standardise' && expected !== '').map(({ input, expected }) => [input, expected] as const),
  )('%j is the number %s', (input, expected) => {
    expect(normaliseNhsNumber(input)).toBe(expected);
  });
});
