/** The time of the demo: set forward by what happens in it, never past the present. */
import { addDays, londonDate, londonInstant } from '@waymark/kernel';

export class SimulatedClock {
  private at: Date;

  /** Starts so many weeks before the present, early in the morning. */
  constructor(
    private readonly present: Date,
    weeks: number,
  ) {
    this.at = new Date(londonInstant(addDays(this.today, -7 * weeks), '07:00'));
  }

  readonly now = (): Date => new Date(this.at);

  /** London date of the simulated moment. */
  get date(): string {
    return londonDate(this.at.toISOString());
  }

  /** The last day there is. */
  get today(): string {
    return londonDate(this.present.toISOString());
  }

  /** Every day from now to today. */
  *days(): Iterable<string> {
    for (let date = this.date; date <= this.today; date = addDays(date, 1)) yield date;
  }

  /** Forward to an instant; time does not run back. `false` = that is still to come. */
  reach(instant: string): boolean {
    const wanted = new Date(instant);
    if (wanted > this.present) return false;
    if (wanted > this.at) this.at = wanted;
    return true;
  }
}
