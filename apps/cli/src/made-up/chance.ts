/** Chance that is the same every time for the same seed. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 up to, not including, 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** True with this probability. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  oneOf<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new Error('Nothing to choose from');
    return item;
  }

  /** One of these, by weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of entries) if ((left -= weight) < 0) return item;
    return entries[0]![0];
  }

  /** Around 0 with a deviation of 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** How many happen, when `mean` do on average (Poisson, by multiplication: for small means). */
  count(mean: number): number {
    const limit = Math.exp(-mean);
    let product = this.next();
    let count = 0;
    while (product > limit) {
      product *= this.next();
      count++;
    }
    return count;
  }
}

/** Proportions that come out even in a short life, where chance alone would not: each time the item that is most behind. */
export class Proportions<K extends string> {
  private readonly given = new Map<K, number>();
  private count = 0;

  constructor(private readonly shares: Readonly<Record<K, number>>) {}

  next(): K {
    const entries = Object.entries(this.shares) as [K, number][];
    const whole = entries.reduce((sum, [, share]) => sum + share, 0);
    this.count++;
    const behind = entries.map(([item, share]) => ({ item, by: (share / whole) * this.count - (this.given.get(item) ?? 0) }));
    const { item } = behind.reduce((most, one) => (one.by > most.by ? one : most));
    this.given.set(item, (this.given.get(item) ?? 0) + 1);
    return item;
  }
}
