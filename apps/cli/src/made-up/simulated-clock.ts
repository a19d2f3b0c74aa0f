/** The time of a made-up history: set forward by what happens in it, never past its end. */
import { addDays, londonDate, londonInstant } from '@waymark/kernel';

export class SimulatedClock {
  private at: Date;

  /** Starts on a London date, early in the morning; the end is a moment. */
  constructor(
    from: string,
    private readonly end: Date,
  ) {
    this.at = new Date(londonInstant(from, '07:00'));
  }

  readonly now = (): Date => new Date(this.at);

  /** Every day to the last. */
  *days(): Iterable<string> {
    const last = londonDate(this.end.toISOString());
    for (let date = londonDate(this.at.toISOString()); date <= last; date = addDays(date, 1)) yield date;
  }

  /** Forward to an instant; time does not run back. `false` = that is still to come. */
  reach(instant: string): boolean {
    const wanted = new Date(instant);
    if (wanted > this.end) return false;
    if (wanted > this.at) this.at = wanted;
    return true;
  }
}
