/** The people of a page. Rows hold no personal data; whoever shows a page opens the people on it. */

/** As a page names somebody. */
export interface PersonShown {
  readonly name: string;
  /** Absent when no birth date tells it. */
  readonly age?: number;
}

/** Opens the person of one referral, from the referral's own stream. */
export type OpenPerson = (stream: string, personId: string) => Promise<PersonShown>;

/** At most this many are opened at a time. */
const AT_A_TIME = 100;

export async function openPeople(
  wanted: readonly { readonly stream: string; readonly personId: string }[],
  open: OpenPerson,
): Promise<PersonShown[]> {
  const people: PersonShown[] = [];
  for (let i = 0; i < wanted.length; i += AT_A_TIME) {
    people.push(...(await Promise.all(wanted.slice(i, i + AT_A_TIME).map(({ stream, personId }) => open(stream, personId)))));
  }
  return people;
}
