/** Random numbers that a seed decides (sfc32, seeded by a string hash): the same name gives the same numbers for ever. */
export class Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(name: string) {
    this.#name = name;
    [this.#a, this.#b, this.#c] = hash(name);
    for (let round = 0; round < 12; round++) this.#draw();
  }

  /** Numbers of their own, which stay the same whatever else is drawn from this one. */
  fork(name: string): Random {
    return new Random(`${this.#name}/${name}`);
  }

  /** From 0, 1 excluded. */
  unit(): number {
    return this.#draw() / 2 ** 32;
  }

  /** A whole number from 0, `end` excluded. */
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }

  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** Mostly small, now and then large: what a network's times are like. */
  longTailed(medianMs: number): number {
    return medianMs * Math.exp(1.2 * (this.unit() + this.unit() + this.unit() - 1.5));
  }

  fill(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.#draw() & 0xff;
  }

  #draw(): number {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }
}

/** Three 32-bit numbers of a text (FNV-1a with three starting points). */
function hash(text: string): [number, number, number] {
  const of = (start: number) => {
    let sum = start;
    for (let index = 0; index < text.length; index++)
      sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
    return sum ^ (sum >>> 15);
  };
  return [of(0x811c9dc5), of(0x2b992ddf), of(0x7ed55d16)];
}
