import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { Clients, Promised } from "../play/clients.ts";
import { wants } from "../play/clients.ts";
import type { Cloud } from "../world/cloud.ts";
import { judgeBackfills } from "./backfills.ts";
import type { Report } from "./breach.ts";
import { contentOf } from "./deletions.ts";
import type { Expectations } from "./expectations.ts";
import { listUnmade } from "./forces.ts";
import { judgeArtifacts } from "./kept-artifacts.ts";
import type { ToldOutcomes } from "./ownership.ts";
import { readReplays, readTracks, type TrackRow } from "./read-catalog.ts";
import { readKept } from "./read-packed.ts";
import { readRecords } from "./read-records.ts";
import { judgeTakedowns } from "./takedowns.ts";

/** What the end is judged by. */
export interface Known {
  readonly expectations: Expectations;
  readonly chain: Chain<StepSpec>;
  readonly told: ToldOutcomes;
  /** Requests that anything was ever sent for. */
  readonly requested: ReadonlySet<string>;
}

/** What must be true when all is done. */
export function judgeEnd(cloud: Cloud, clients: Clients, known: Known, report: Report): void {
  const tracks = new Map((readTracks(cloud) ?? []).map((track) => [track.id, track]));
  const records = readRecords(cloud);
  const kept = readKept(cloud);
  for (const promised of clients.promised.values()) {
    if (promised.errand.kind !== "submit") continue;
    const track = tracks.get(promised.id);
    const fate = clients.deletions.fateOf(promised.id, promised.errand, promised.atMs);
    if (fate === "gone" || (fate === "either" && !track)) continue;
    if (!track) {
      report(
        "nothing accepted is lost",
        `the catalog knows nothing of ${promised.errand.key} (${promised.id})`,
      );
      continue;
    }
    judgeTrack(track, promised, known, report);
    judgeArtifacts(track, records, kept, report);
    judgePacking(track, report);
  }
  for (const { id, stuck } of readReplays(cloud) ?? [])
    report("nothing accepted is lost", `the replay ${id} is given up: ${stuck}`);
  for (const unmade of listUnmade(cloud, clients, known)) report("what is forced is made", unmade);
  judgeBackfills(cloud, clients, tracks, known.requested, report);
  judgeTakedowns(cloud, clients, tracks, known.expectations, report);
}

/** Of a track that has all that it wants, and of which nothing is open, the catalog keeps no rows but the one that all is packed in. */
function judgePacking({ id, state, isPacked, outcomes }: TrackRow, report: Report): void {
  const isWell = outcomes.every(
    ({ status, isRecomputing, isUpgradeFailed }) =>
      status === "succeeded" && !isRecomputing && !isUpgradeFailed,
  );
  if (state === "done" && isWell && !isPacked)
    report("what rests is packed", `track ${id} is done, and its rows are in the tables`);
}

function judgeTrack(
  track: TrackRow,
  { errand }: Promised,
  { expectations, told }: Known,
  report: Report,
): void {
  if (errand.kind !== "submit") return;
  const where = `${errand.key} (${track.id})`;
  if (track.stuck !== null) report("nothing accepted is lost", `${where} is stuck: ${track.stuck}`);
  const outcomes = new Map(track.outcomes.map((outcome) => [outcome.step, outcome]));
  if (track.master !== contentOf(errand.master))
    report("results are right", `${where} has the master ${track.master}`);
  if (errand.by !== "bytes" && outcomes.get("fetch")?.status !== "succeeded")
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
    const highest = told.highest(track.id, step);
    if ((outcome.version ?? 0) < highest)
      report(
        "no older version holds",
        `${where}: ${step} is of version ${outcome.version}, and ${highest} was told`,
      );
  }
}
