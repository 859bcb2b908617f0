import type { DatabaseSync } from "node:sqlite";
import type { Buckets, LifecycleRule } from "./buckets.ts";
import { type Objects, parseObjects, type StoredObject } from "./objects.ts";

const dayMs = 86_400_000;
const batchSize = 500;
const aboutOldVersions = ["daysSinceNoncurrentTime", "noncurrentTimeBefore", "numNewerVersions"];

const isBefore = (ms: number, date: string | undefined) => date === undefined || ms < Date.parse(date);
const isPast = (ms: number, days: number | undefined, nowMs: number) =>
  days === undefined || nowMs - ms >= days * dayMs;

/** Whether a rule is about objects of this name. */
export function isNamed({ condition }: LifecycleRule, name: string): boolean {
  const { matchesPrefix, matchesSuffix } = condition;
  if (matchesPrefix && !matchesPrefix.some((prefix) => name.startsWith(prefix))) return false;
  return !matchesSuffix || matchesSuffix.some((suffix) => name.endsWith(suffix));
}

/**
 * True when all conditions of a rule hold of an object now. Every object is the live version of its name here, so that
 * a condition about other versions never holds.
 */
export function isDue(rule: LifecycleRule, object: StoredObject, nowMs: number): boolean {
  const { condition } = rule;
  if (Object.keys(condition).length === 0) return false;
  if (condition.isLive === false || aboutOldVersions.some((name) => name in condition)) return false;
  if (!isPast(object.createdMs, condition.age, nowMs)) return false;
  if (!isBefore(object.createdMs, condition.createdBefore)) return false;
  if (condition.customTimeBefore !== undefined || condition.daysSinceCustomTime !== undefined) {
    const customMs = Date.parse(object.fields.customTime ?? "");
    if (Number.isNaN(customMs) || !isBefore(customMs, condition.customTimeBefore)) return false;
    if (!isPast(customMs, condition.daysSinceCustomTime, nowMs)) return false;
  }
  const classes = condition.matchesStorageClass;
  if (classes && !classes.includes(object.fields.storageClass ?? "STANDARD")) return false;
  if (object.sizeBytes <= (condition.sizeAboveBytes ?? -1)) return false;
  if (object.sizeBytes >= (condition.sizeBelowBytes ?? Number.POSITIVE_INFINITY)) return false;
  return isNamed(rule, object.name);
}

/** Does what the rules say of one object. A deletion goes before a change of class. True when the object went. */
function applyRules(rules: LifecycleRule[], object: StoredObject, objects: Objects, nowMs: number): boolean {
  const due = rules.filter((rule) => isDue(rule, object, nowMs));
  if (due.some(({ action }) => action.type === "Delete")) {
    objects.remove(object);
    return true;
  }
  const toClass = due.find(({ action }) => action.type === "SetStorageClass")?.action.storageClass;
  if (toClass !== undefined && toClass !== object.fields.storageClass)
    objects.update(object, { ...object.fields, storageClass: toClass }, nowMs);
  return false;
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
        if (applyRules(rules, object, objects, nowMs)) deleted++;
      }
      const last = batch.at(-1);
      if (!last) break;
      after = Buffer.from(last.name);
      await new Promise(setImmediate);
    }
  }
  return deleted;
}
