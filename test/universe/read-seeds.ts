/**
 * Seeds as they are written: `7`, `1..60`, `3,9,20..30`.
 *
 * @throws {TypeError} for what is none.
 */
export function readSeeds(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [from, to] = /^(\d+)(?:\.\.(\d+))?$/.exec(part)?.slice(1) ?? [];
    if (from === undefined)
      throw new TypeError(`expected seeds such as 7, 1..60 or 3,9,20..30, got ${JSON.stringify(text)}`);
    const first = Number(from);
    return Array.from({ length: Math.max(0, Number(to ?? from) - first + 1) }, (_, index) => first + index);
  });
}

/** The shortest way to write them. */
export function writeSeeds(seeds: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const seed of seeds) {
    const last = ranges.at(-1);
    if (last && last[1] + 1 === seed) last[1] = seed;
    else ranges.push([seed, seed]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}..${to}`)).join(",");
}
