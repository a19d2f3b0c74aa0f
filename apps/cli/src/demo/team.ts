/** The two occupational therapists of the made-up service, and when they are there. */
import { addDays } from '@waymark/kernel';
import type { Acts } from './acts';
import type { Clinician } from './case';

export function isAway({ away }: Clinician, date: string): boolean {
  return away !== undefined && away.from <= date && date <= away.to;
}

export async function appointTeam(acts: Acts, start: string): Promise<[Clinician, Clinician]> {
  const asha = await acts.register({
    ...therapist('Asha Rahman', 'OT90001', start),
    level: 'fcp',
    scope: { strata, ages: { from: 16, to: 120 } },
  });
  const tom = await acts.register({ ...therapist('Tom Okafor', 'OT90002', start), level: 'ap', scope: { strata } });
  return [
    {
      id: asha,
      clinic: 'quayside',
      place: 'Quayside Surgery, room 4',
      start: '09:00',
      end: '12:00',
      weekdays: [1, 2, 3, 4, 5],
      seesChildren: false,
    },
    {
      id: tom,
      clinic: 'elm-road',
      place: 'Elm Road Medical Centre, room 2',
      start: '13:00',
      end: '16:00',
      weekdays: [1, 2, 3, 4],
      seesChildren: true,
      away: { from: addDays(start, 126), to: addDays(start, 146) },
    },
  ];
}

const strata = ['frailty', 'mental-health', 'work', 'wider'];

function therapist(name: string, number: string, start: string) {
  return { name, profession: 'Occupational therapist', registration: { body: 'HCPC', number, expires: addDays(start, 700) } };
}
