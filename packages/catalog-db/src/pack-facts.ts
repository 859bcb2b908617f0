/**
 * What is bulky of an artifact's facts, as the catalog keeps it: beats, and curves over time, are most of what a track's facts take, as JSON that
 * no index and hardly a query is interested in. All other facts stay where SQL can read them.
 *
 * Packed is deflated JSON of the bulky properties by name. Of a long list of numbers it has the scale, and the differences from one number to the next,
 * in whole multiples of 1 / scale.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";

export interface PackedFacts {
  readonly facts: unknown;
  /** Null: there is nothing bulky. */
  readonly bulk: Buffer | null;
}

const Steps = z.object({ scale: z.int().positive(), steps: z.array(z.int()) });
const Bulk = z.object({ steps: z.record(z.string(), Steps), asIs: z.record(z.string(), z.unknown()) });

/** Of JSON: less is not worth it. */
const bulkyChars = 256;
const scales = [1, 10, 100, 1_000];
/** What two of them differ by is whole too. */
const mostWhole = Math.floor(Number.MAX_SAFE_INTEGER / 2);

export function packFacts(facts: unknown): PackedFacts {
  if (!isObject(facts)) return { facts, bulk: null };
  const bulky = Object.entries(facts).filter(isBulky);
  if (bulky.length === 0) return { facts, bulk: null };
  const bulk: z.infer<typeof Bulk> = { steps: {}, asIs: {} };
  for (const [name, value] of bulky) {
    const steps = stepsOf(value);
    if (steps) bulk.steps[name] = steps;
    else bulk.asIs[name] = value;
  }
  const names = new Set(bulky.map(([name]) => name));
  const rest = Object.entries(facts).filter(([name]) => !names.has(name));
  return { facts: Object.fromEntries(rest), bulk: deflateRawSync(JSON.stringify(bulk), { level: 9 }) };
}

/** @throws for what `packFacts` has not written. */
export function unpackFacts({ facts, bulk }: PackedFacts): unknown {
  if (bulk === null || !isObject(facts)) return facts;
  const { steps, asIs } = Bulk.parse(JSON.parse(inflateRawSync(bulk).toString("utf8")));
  const lists = Object.entries(steps).map(([name, list]) => [name, sumUp(list)]);
  // A catalog of a release before writes all of it there.
  return { ...asIs, ...Object.fromEntries(lists), ...facts };
}

function isBulky([name, value]: [string, unknown]): boolean {
  const isPlain = typeof value !== "object" || value === null || name === "__proto__";
  return !isPlain && JSON.stringify(value).length >= bulkyChars;
}

/** Undefined: it is no list of numbers, or would come back otherwise than it was. */
function stepsOf(value: unknown): z.infer<typeof Steps> | undefined {
  if (!Array.isArray(value) || !value.every(isNumber)) return undefined;
  const scale = scales.find((each) => value.every((number) => isMultiple(number, each)));
  if (scale === undefined) return undefined;
  const whole = value.map((number) => Math.round(number * scale));
  return { scale, steps: whole.map((number, index) => number - (whole[index - 1] ?? 0)) };
}

function sumUp({ scale, steps }: z.infer<typeof Steps>): number[] {
  let sum = 0;
  return steps.map((step) => {
    sum += step;
    return sum / scale;
  });
}

function isMultiple(number: number, scale: number): boolean {
  const whole = Math.round(number * scale);
  return Math.abs(whole) <= mostWhole && whole / scale === number && !Object.is(number, -0);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
