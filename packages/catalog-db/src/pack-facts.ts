/**
 * What is bulky of an artifact's facts, as the catalog keeps it: beats, and curves over time, are most of what a track's facts take, as JSON that
 * no index and hardly a query is interested in. All other facts stay where SQL can read them.
 *
 * Packed is deflated JSON of the bulky properties by name; of a long list of numbers its steps.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { isObject } from "./is-object.ts";
import { fromSteps, type NumberSteps, toSteps } from "./number-steps.ts";

export interface PackedFacts {
  readonly facts: unknown;
  /** Null: there is nothing bulky. */
  readonly bulk: Buffer | null;
}

const Steps = z.object({ scale: z.int().positive(), steps: z.array(z.int()) });
const Bulk = z.object({ steps: z.record(z.string(), Steps), asIs: z.record(z.string(), z.unknown()) });

/** Of JSON: less is not worth it. */
const bulkyChars = 256;

export function packFacts(facts: unknown): PackedFacts {
  if (!isObject(facts)) return { facts, bulk: null };
  const bulky = Object.entries(facts).filter(isBulky);
  if (bulky.length === 0) return { facts, bulk: null };
  const bulk: { steps: Record<string, NumberSteps>; asIs: Record<string, unknown> } = { steps: {}, asIs: {} };
  for (const [name, value] of bulky) {
    const steps = toSteps(value);
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
  const lists = Object.entries(steps).map(([name, list]) => [name, fromSteps(list)]);
  // A catalog of a release before writes all of it there.
  return { ...asIs, ...Object.fromEntries(lists), ...facts };
}

function isBulky([name, value]: [string, unknown]): boolean {
  const isPlain = typeof value !== "object" || value === null || name === "__proto__";
  return !isPlain && JSON.stringify(value).length >= bulkyChars;
}
