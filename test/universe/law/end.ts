import { createHash } from "node:crypto";
import { writeMaster } from "../fleet/results.ts";
import type { Clients, Promised } from "../play/clients.ts";
import { stepsOf, wants } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import type { Report } from "./breach.ts";
import type { Expectations } from "./expectations.ts";
import type { ToldVersions } from "./ownership.ts";
import { readHolding } from "./read-packed.ts";

/** A track as the catalog tells of it in the end. */
export interface TrackRow {
  readonly id: string;
  readonly master: string | null;
  readonly state: string;
  readonly stuck: string | null;
  readonly wants: readonly string[];
  readonly outcomes: readonly {
    readonly step: string;
    readonly status: string;
    readonly version: number | null;
    readonly address: string | null;
    readonly code: string | null;
  }[];
}

const selectTracks = `select jsonb_build_object('id', t.id, 'master', t.master, 'state', t.state, 'wants', to_jsonb(t.wants),
  'stuck', (select w.stuck from track_watches w where w.track_id = t.id),
  'outcomes', coalesce((select jsonb_agg(jsonb_build_object('step', o.step, 'status', o.status, 'version', o.version,
    'address', o.address, 'code', o.error_code)) from step_outcomes o where o.track_id = t.id), '[]'::jsonb),
  'packed', (select encode(p.body, 'hex') from packed_tracks p where p.track_id = t.id))::text
  from tracks t order by t.id`;
const selectReplays = `select jsonb_build_object('id', w.request_id, 'stuck', w.stuck)::text from replay_watches w order by w.request_id`;
const selectBackfills = `select jsonb_build_object('id', b.id, 'state', b.state, 'failed', (select count(*) from backfill_failures f where f.backfill_id = b.id),
  'counted', b.complete + b.succeeded + b.failed, 'tracks', (select count(*) from tracks t where t.accepted_at <= b.requested_at))::text
  from backfills b`;

export interface BackfillRow {
  readonly id: string;
  readonly state: string;
  readonly failed: number;
  /** Tracks that it has counted, and those that were accepted before it was asked for. */
  readonly counted: number;
  readonly tracks: number;
}

export function readTracks({ database }: Cloud): TrackRow[] | null {
  const rows = database.look<TrackRow & { readonly packed: string | null }>(selectTracks);
  const tracks = rows?.map(({ packed, ...track }) => ({ ...track, outcomes: outcomesOf(track, packed) }));
  return tracks ?? null;
}

function outcomesOf(track: TrackRow, packed: string | null): TrackRow["outcomes"] {
  const holding = readHolding(track.id, packed)?.map(({ step, status, version, address }) => ({
    ...{ step, status, version, address },
    code: null,
  }));
  return holding ?? track.outcomes;
}

export function readBackfills({ database }: Cloud): BackfillRow[] | null {
  return database.look<BackfillRow>(selectBackfills);
}

/** Replays that are not answered. */
function readReplays({ database }: Cloud) {
  return database.look<{ readonly id: string; readonly stuck: string | null }>(selectReplays);
}

/** Subscriptions that hold something, but for those whose one process has been killed: nobody is to read them. */
function listWaiting({ queue }: Cloud) {
  return [...queue.subscriptions.values()].filter(
    ({ entries, isOneProcess, consumers }) => entries.size > 0 && !(isOneProcess && consumers.size === 0),
  );
}

/** Whether nothing is left to be done: every promise is kept, and every queue is empty. */
export function isAtRest(cloud: Cloud, clients: Clients): boolean {
  if (clients.open.size > 0) return false;
  if (listWaiting(cloud).length > 0) return false;
  const tracks = readTracks(cloud);
  const backfills = tracks && readBackfills(cloud);
  if (!tracks || !backfills) return false;
  const known = new Set(tracks.map(({ id }) => id));
  const backfilled = new Set(backfills.map(({ id }) => id));
  for (const { errand, id } of clients.promised.values()) {
    if (errand.kind === "submit" && !known.has(id)) return false;
    if (errand.kind === "backfill" && !backfilled.has(id)) return false;
  }
  const replays = readReplays(cloud);
  return (
    replays?.every(({ stuck }) => stuck !== null) === true &&
    tracks.every(({ state }) => state !== "accepted" && state !== "processing") &&
    backfills.every(({ state }) => state !== "running" && state !== "requested")
  );
}

/** What the end is judged by. */
export interface Known {
  readonly expectations: Expectations;
  readonly versions: ToldVersions;
}

/** What must be true when all is done. */
export function judgeEnd(cloud: Cloud, clients: Clients, known: Known, report: Report): void {
  const tracks = new Map((readTracks(cloud) ?? []).map((track) => [track.id, track]));
  for (const promised of clients.promised.values()) {
    if (promised.errand.kind !== "submit") continue;
    const track = tracks.get(promised.id);
    if (!track)
      report(
        "nothing accepted is lost",
        `the catalog knows nothing of ${promised.errand.key} (${promised.id})`,
      );
    else judgeTrack(track, promised, known, report);
  }
  for (const { id, stuck } of readReplays(cloud) ?? [])
    report("nothing accepted is lost", `the replay ${id} is given up: ${stuck}`);
  const backfills = readBackfills(cloud) ?? [];
  for (const backfill of backfills) judgeBackfill(backfill, cloud, report);
  const done = new Set(backfills.flatMap(({ id, state }) => (state === "done" ? [id] : [])));
  judgeCoverage(clients, tracks, done, report);
}

function judgeTrack(
  track: TrackRow,
  { errand }: Promised,
  { expectations, versions }: Known,
  report: Report,
): void {
  if (errand.kind !== "submit") return;
  const where = `${errand.key} (${track.id})`;
  if (track.stuck !== null) report("nothing accepted is lost", `${where} is stuck: ${track.stuck}`);
  const outcomes = new Map(track.outcomes.map((outcome) => [outcome.step, outcome]));
  const master = createHash("sha256").update(writeMaster(errand.master)).digest("hex");
  if (track.master !== master) report("results are right", `${where} has the master ${track.master}`);
  if (errand.bySource && outcomes.get("fetch")?.status !== "succeeded")
    report("nothing accepted is lost", `${where} was not fetched; it is ${track.state}`);
  for (const step of ["grind", "paint", "weigh", "label", "walk", "tile", "cleave", "polish"]) {
    const outcome = outcomes.get(step);
    if (!outcome) {
      if (wants(errand, step))
        report("nothing accepted is lost", `${where} has no outcome of ${step}; it is ${track.state}`);
      continue;
    }
    const isBlocked = step === "label" && errand.master.isColourless;
    if (isBlocked && outcome.status === "blocked") continue;
    const expected = outcome.address === null ? undefined : expectations.at(outcome.address);
    const isRight =
      outcome.status === "failed"
        ? outcome.code !== null && expected?.failsWith === outcome.code
        : outcome.status === "succeeded" && expected?.maySucceed === true;
    if (!isRight || expected?.step !== step || expected.version !== outcome.version)
      report(
        "results are right",
        `${where}: ${step} ${outcome.status} ${outcome.code ?? ""} at ${outcome.address} (version ${outcome.version})`,
      );
    const highest = versions.highest(track.id, step);
    if ((outcome.version ?? 0) < highest)
      report(
        "no older version holds",
        `${where}: ${step} is of version ${outcome.version}, and ${highest} was told`,
      );
  }
}

const selectFailures = "select to_jsonb(f)::text from backfill_failures f where f.backfill_id = $1";

function judgeBackfill(
  { id, failed, counted, tracks }: BackfillRow,
  { database }: Cloud,
  report: Report,
): void {
  if (counted > tracks)
    report("results are right", `backfill ${id} has counted ${counted} tracks, and there are ${tracks}`);
  if (failed === 0) return;
  const failures = database.look<{ step: string; code: string }>(selectFailures, id) ?? [];
  const strange = failures.filter(({ code }) => code !== "not-audio");
  if (strange.length > 0) report("results are right", `backfill ${id}: ${JSON.stringify(strange[0])}`);
}

/** Clocks jump by some seconds, and what came first is told by them. */
const clockSlackMs = 60_000;

/** What a backfill asks for that was not cancelled, and does not rest, every track has that had been accepted well before. */
function judgeCoverage(
  clients: Clients,
  tracks: ReadonlyMap<string, TrackRow>,
  done: ReadonlySet<string>,
  report: Report,
): void {
  const promised = [...clients.promised.values()];
  for (const { errand, id: backfillId } of promised) {
    if (errand.kind !== "backfill" || !done.has(backfillId)) continue;
    for (const { errand: submission, id, atMs } of promised) {
      const track = tracks.get(id);
      if (submission.kind !== "submit" || !track || atMs + clockSlackMs > errand.atMs) continue;
      const missing = stepsOf(errand.targets).filter((step) => !track.wants.includes(step));
      if (missing.length > 0)
        report(
          "nothing accepted is lost",
          `${errand.key} asked for ${missing.join(", ")} of ${submission.key} (${id})`,
        );
    }
  }
}

/** What is still to be done. */
export function describeUnrest(cloud: Cloud, { open, promised }: Clients): string {
  const waiting = listWaiting(cloud).map(({ name, entries }) => `${name} holds ${entries.size}`);
  const tracks = (readTracks(cloud) ?? []).filter(
    ({ state }) => state === "accepted" || state === "processing",
  );
  const backfills = (readBackfills(cloud) ?? []).filter(({ state }) => state === "running");
  return [
    `unanswered: ${[...open].join(", ") || "none"}`,
    `promised: ${promised.size}`,
    ...waiting,
    ...tracks.map(
      ({ id, state, outcomes }) =>
        `track ${id} is ${state} after ${outcomes.map(({ step }) => step).join(", ")}`,
    ),
    ...backfills.map(({ id }) => `backfill ${id} runs`),
  ].join("; ");
}
