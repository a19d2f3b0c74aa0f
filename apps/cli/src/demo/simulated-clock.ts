/** The time of the demo: set forward by what happens in it, never past the present. */
export class SimulatedClock {
  private at: Date;

  constructor(private readonly present: Date) {
    this.at = present;
  }

  readonly now = (): Date => new Date(this.at);

  /** Sets it back, before anything is recorded. */
  backWeeks(weeks: number): void {
    this.at = new Date(this.present.getTime() - weeks * 7 * 86_400_000);
  }

  /** Forward to an instant; time does not run back. `false` = that is still to come. */
  reach(instant: string): boolean {
    const wanted = new Date(instant);
    if (wanted > this.present) return false;
    if (wanted > this.at) this.at = wanted;
    return true;
  }
}
