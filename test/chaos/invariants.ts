import { isDeepStrictEqual } from "node:util";
import type { BucketRole } from "@segue/chain";
import type { CatalogState } from "./catalog-state.ts";
import { classifyObject, names, type ObjectState, pathOf } from "./object-state.ts";

export interface RunState {
  readonly catalog: CatalogState;
  readonly objects: ObjectState;
}

/** What was looked at, how much of it, and everything that was wrong. */
export interface Check {
  readonly name: string;
  readonly looked: string;
  /** Whether what it found says something of the machine too: one that is busy with other work is slow. */
  readonly isTimed?: boolean;
  readonly violations: readonly string[];
}

/**
 * @param accepted ids that the API has promised. @param lost those of them that had not ended when waiting ended.
 * @param expected kinds per master, from an undisturbed run.
 */
export function checkInvariants(
  storm: RunState,
  calm: RunState,
  accepted: readonly string[],
  lost: readonly string[],
): Check[] {
  return [
    {
      name: "every accepted track is terminal",
      looked: `${accepted.length} tracks`,
      violations: lost.map((id) => `${id} has not ended`),
    },
    checkHalfAccepted(storm, accepted),
    checkStates(storm, calm),
    checkRows(storm),
    checkDatabase(storm),
    checkRecords(storm, calm),
    checkPayloads(storm, calm),
    checkObjects(storm),
    {
      name: "nothing was dead-lettered",
      looked: `${storm.catalog.deadLetters.length} dead letters`,
      violations: storm.catalog.deadLetters.map(
        (letter) => `${letter.subscription} (${letter.step}): ${letter.error_code}: ${letter.error_message}`,
      ),
    },
  ];
}

/** A track whose object was written although its client never heard so: it must not stay half done. */
function checkHalfAccepted({ catalog, objects }: RunState, accepted: readonly string[]): Check {
  const known = new Set(accepted);
  const halfway = objects.accepted.filter((track) => !known.has(track.trackId));
  const ended = new Set(catalog.tracks.filter((track) => track.tookMs !== null).map((track) => track.id));
  return {
    name: "what was written but never answered has ended too",
    looked: `${halfway.length} tracks whose client had to ask again`,
    violations: halfway
      .filter((track) => !ended.has(track.trackId))
      .map((track) => `${track.trackId} was written and never announced`),
  };
}

function checkStates(storm: RunState, calm: RunState): Check {
  const expected = new Map(calm.catalog.tracks.map((track) => [track.master, track.state]));
  return {
    name: "every track ended as in the undisturbed run",
    looked: `${storm.catalog.tracks.length} rows`,
    violations: storm.catalog.tracks
      .filter((track) => track.tookMs !== null && track.state !== expected.get(track.master))
      .map((track) => `${track.id} is ${track.state}, expected ${expected.get(track.master)}`),
  };
}

/** Exactly one row per track and wanted step, and one artifact per master and kind. */
function checkRows({ catalog }: RunState): Check {
  const violations: string[] = [];
  const stepsOf = Map.groupBy(catalog.outcomes, (row) => row.track_id);
  for (const track of catalog.tracks) {
    const steps = (stepsOf.get(track.id) ?? []).map((row) => row.step).sort();
    if (!isDeepStrictEqual(steps, [...track.wants].sort()))
      violations.push(`${track.id} has rows for ${steps.join(", ")}; it wants ${track.wants.join(", ")}`);
  }
  for (const [what, rows] of Map.groupBy(catalog.artifacts, (row) => `${row.master} ${row.kind}`))
    if (rows.length > 1) violations.push(`${rows.length} artifacts for ${what}`);
  return {
    name: "exactly one row per result and step",
    looked: `${catalog.outcomes.length} outcomes, ${catalog.artifacts.length} artifacts`,
    violations,
  };
}

/** The database says what the records say. */
function checkDatabase({ catalog, objects }: RunState): Check {
  const violations: string[] = [];
  const stored = new Map(catalog.artifacts.map((row) => [row.address, row]));
  for (const [address, { kind, outcome }] of objects.records) {
    if (outcome.status !== "succeeded") continue;
    const row = stored.get(address);
    if (!row) violations.push(`the ${kind} at ${address} has no row`);
    else if (!isDeepStrictEqual([row.facts, row.payload], [asJson(outcome.facts), asJson(outcome.payload)]))
      violations.push(`the ${kind} at ${address} differs between record and database`);
  }
  for (const address of stored.keys())
    if (!objects.records.has(address)) violations.push(`the row ${address} has no record`);
  return { name: "the database says what the records say", looked: `${stored.size} rows`, violations };
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}

function checkRecords(storm: RunState, calm: RunState): Check {
  const violations: string[] = [];
  const [ours, theirs] = [storm.objects.records, calm.objects.records];
  for (const [address, record] of ours) {
    const expected = theirs.get(address);
    if (!expected) violations.push(`${record.kind} at ${address} exists only in the disturbed run`);
    else if (!isDeepStrictEqual(record, expected))
      violations.push(
        `${record.kind} at ${address}: ${JSON.stringify(record)} is not ${JSON.stringify(expected)}`,
      );
  }
  for (const [address, record] of theirs)
    if (!ours.has(address)) violations.push(`${record.kind} at ${address} is missing`);
  return { name: "records identical to the undisturbed run", looked: `${ours.size} records`, violations };
}

/** Steps that live together, as all do in the undisturbed run, need not store what they hand on. Records tell its checksum, and are compared. */
function mayBeHandedOn(path: string): boolean {
  return path.startsWith(`${names.bucket("scratch")}/`);
}

function checkPayloads(storm: RunState, calm: RunState): Check {
  const violations: string[] = [];
  const [ours, theirs] = [storm.objects.digests, calm.objects.digests];
  for (const [path, digest] of ours) {
    const expected = theirs.get(path);
    if (expected !== digest && !(expected === undefined && mayBeHandedOn(path)))
      violations.push(`${path} has other bytes`);
  }
  for (const path of theirs.keys())
    if (!ours.has(path) && !mayBeHandedOn(path)) violations.push(`${path} is missing`);
  const crcs = new Map(
    [...storm.objects.objects.assets, ...storm.objects.objects.scratch].map((object) => [
      pathOf(object),
      object.crc32c,
    ]),
  );
  for (const { outcome } of storm.objects.records.values()) {
    const payload = outcome.status === "succeeded" ? outcome.payload : null;
    const crc32c = payload && crcs.get(pathOf(payload));
    if (payload && crc32c !== payload.crc32c && !(crc32c === undefined && mayBeHandedOn(pathOf(payload))))
      violations.push(`${pathOf(payload)}: its CRC32C is not its record's`);
  }
  return {
    name: "payloads identical to the undisturbed run, by SHA-256",
    looked: `${ours.size} payloads`,
    violations,
  };
}

function checkObjects({ objects }: RunState): Check {
  const violations: string[] = [];
  let count = 0;
  for (const role of Object.keys(objects.objects) as BucketRole[]) {
    for (const { bucket, name } of objects.objects[role]) {
      count += 1;
      if (!classifyObject(role, name, objects)) violations.push(`${bucket}/${name} belongs to nobody`);
    }
  }
  return { name: "no object that nobody will delete", looked: `${count} objects`, violations };
}

/** How many objects there are of each sort. */
export function countObjects({ objects }: RunState): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const role of Object.keys(objects.objects) as BucketRole[]) {
    for (const { name } of objects.objects[role]) {
      const what = `${role}: ${classifyObject(role, name, objects) ?? "unknown"}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  }
  return counts;
}
