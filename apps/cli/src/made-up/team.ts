/** The occupational therapists of a made-up service: who is registered when, and when they are there. */
import { addDays, weekday } from '@waymark/kernel';
import type { Acts } from './acts';
import type { Clinician } from './case';
import type { Post, Shape } from './shape';

export function isAway({ away }: Clinician, date: string): boolean {
  return away.some(({ from, to }) => from <= date && date <= to);
}

/** Everybody who has joined so far, in the order in which they did. */
export class Team {
  private readonly joined: { readonly clinician: Clinician; readonly post: Post }[] = [];

  constructor(
    private readonly acts: Acts,
    private readonly shape: Shape,
  ) {}

  get clinicians(): readonly Clinician[] {
    return this.joined.map(({ clinician }) => clinician);
  }

  hasNewcomer(date: string): boolean {
    return this.shape.posts.filter(({ from }) => from <= date).length > this.joined.length;
  }

  async welcome(date: string): Promise<void> {
    for (const post of this.shape.posts.filter(({ from }) => from <= date).slice(this.joined.length)) {
      const id = await this.acts.register(registered(post, this.shape.life.to));
      const { clinic, place, start, seesChildren, away } = post;
      this.joined.push({ post, clinician: { id, clinic, place, start, seesChildren, away } });
    }
  }

  /** Who would hold a session on that day. */
  holding(date: string): { readonly clinician: Clinician; readonly start: Post['start'] }[] {
    return this.joined
      .filter(({ post }) => post.weekdaysOn(date).includes(weekday(date)))
      .map(({ clinician, post }) => ({ clinician, start: post.start }));
  }

  there(date: string): Clinician[] {
    return this.clinicians.filter((clinician) => !isAway(clinician, date));
  }
}

const strata = ['frailty', 'mental-health', 'work', 'wider'];

function registered({ name, registration: number, level, seesChildren }: Post, until: string) {
  return {
    name,
    profession: 'Occupational therapist',
    registration: { body: 'HCPC', number, expires: addDays(until, 420) },
    level,
    scope: { strata, ...(seesChildren ? {} : { ages: { from: 16, to: 120 } }) },
  };
}
