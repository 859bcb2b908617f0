import type { DatabaseSync } from "node:sqlite";
import type { Buckets, LifecycleRule } from "./buckets.ts";
import { type Objects, parseObjects, type StoredObject } from "./objects.ts";

const dayMs = 86_400_000;
const batchSize = 500;
const understood = new Set(["age", "createdBefore", "matchesPrefix", "matchesSuffix", "isLive"]);

/**
 * True when a rule deletes an object now: all of its conditions hold. A rule without conditions, or with one that
 * this server does not know, deletes nothing.
 */
export function isDueForDeletion(rule: LifecycleRule, object: StoredObject, nowMs: number): boolean {
  const { condition, action } = rule;
  const names = Object.keys(condition);
  if (action.type !== "Delete" || names.length === 0) return false;
  if (names.some((name) => !understood.has(name))) return false;
  const { age, createdBefore, matchesPrefix, matchesSuffix, isLive } = condition;
  if (isLive === false) return false;
  if (age !== undefined && nowMs - object.createdMs < age * dayMs) return false;
  if (createdBefore !== undefined && object.createdMs >= Date.parse(createdBefore)) return false;
  if (matchesPrefix && !matchesPrefix.some((prefix) => object.name.startsWith(prefix))) return false;
  return !matchesSuffix || matchesSuffix.some((suffix) => object.name.endsWith(suffix));
}

/** Applies every bucket's lifecycle rules to every object, yielding to requests between batches. Returns how many went. */
export async function applyLifecycle(
  database: DatabaseSync,
  buckets: Buckets,
  objects: Objects,
  nowMs: number,
): Promise<number> {
  const page = database.prepare("SELECT * FROM objects WHERE bucket = ? AND name > ? ORDER BY name LIMIT ?");
  let deleted = 0;
  for (const { name: bucket, config } of buckets.list("", undefined, 10_000)) {
    const rules = config.lifecycle?.rule ?? [];
    if (rules.length === 0) continue;
    let after: Buffer = Buffer.alloc(0);
    for (;;) {
      const batch = parseObjects(page.all(bucket, after, batchSize));
      for (const object of batch) {
        if (!rules.some((rule) => isDueForDeletion(rule, object, nowMs))) continue;
        objects.remove(object);
        deleted++;
      }
      const last = batch.at(-1);
      if (!last) break;
      after = Buffer.from(last.name);
      await new Promise(setImmediate);
    }
  }
  return deleted;
}
