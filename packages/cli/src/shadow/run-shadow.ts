import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, walkTracks } from "@segue/client";
import { type Json, kindsOf, ownKindOf, StepError, type TrackResource } from "@segue/contracts";
import type { Fleet } from "@segue/step";
import { z } from "zod";
import { readTrack } from "../fleet-api/use-api.ts";
import { prepareStep, runLocally } from "../local-run/run-locally.ts";
import { createStderrLog } from "../local-run/stderr-log.ts";
import { createComparison, type FactDiff } from "./compare-facts.ts";

export interface ShadowRequest {
  readonly api: ApiClient;
  /** With the new version of the step. */
  readonly fleet: Fleet;
  readonly step: string;
  /** Tracks to look at, the newest that have a result of the old version first. */
  readonly sample: number;
  readonly stderr: NodeJS.WritableStream;
  readonly signal: AbortSignal;
  onTrack?(done: number): void;
}

/** What a new version makes of a sample, beside what the fleet has. */
export interface ShadowReport {
  readonly step: string;
  readonly kind: string;
  /** Versions that made what the fleet has, and the one that ran here. */
  readonly versions: { readonly old: readonly number[]; readonly new: number };
  readonly compared: number;
  readonly same: number;
  readonly changed: number;
  readonly facts: readonly FactDiff[];
  /** Of what succeeded in the fleet, what fails here. */
  readonly failures: readonly { readonly track: string; readonly code: string; readonly message: string }[];
  /** Mean, of the step alone. */
  readonly durationMs: number | null;
}

/**
 * Runs a step of this machine's code on masters of the fleet, and compares facts. Nothing is queued or stored: the fleet and
 * its results stay as they are, whatever comes of it.
 *
 * @throws {ChainError} if there is no such step; errors of the API.
 */
export async function runShadow(request: ShadowRequest): Promise<ShadowReport> {
  const { api, fleet, step: name, sample, signal } = request;
  const step = fleet.chain.step(name);
  const kinds = kindsOf(step).map(({ name }) => name);
  const comparison = createComparison();
  const versions = new Set<number>();
  const failures: { track: string; code: string; message: string }[] = [];
  let [compared, changed, totalMs] = [0, 0, 0];
  for await (const { id } of walkTracks(api, Number.MAX_SAFE_INTEGER)) {
    if (compared + failures.length >= sample || signal.aborted) break;
    const track = await readTrack(api, id);
    const version = track.steps.find((other) => other.step === name)?.version;
    const before = kinds.flatMap((kind) => track.results[kind] ?? []);
    if (before.length < kinds.length || typeof version !== "number") continue;
    versions.add(version);
    const ran = await runOn(request, track);
    if (ran === undefined) continue;
    if (ran instanceof StepError) failures.push({ track: id, code: ran.code, message: ran.message });
    else {
      compared += 1;
      totalMs += ran.durationMs;
      const facts = before.map((result) => result.facts);
      if (comparison.add(id, byKind(kinds, facts), byKind(kinds, ran.facts))) changed += 1;
    }
    request.onTrack?.(compared + failures.length);
  }
  return {
    step: name,
    kind: ownKindOf(step),
    versions: { old: [...versions].sort(), new: step.version },
    compared,
    same: compared - changed,
    changed,
    facts: comparison.result(),
    failures,
    durationMs: compared > 0 ? totalMs / compared : null,
  };
}

/** Undefined where the master is gone. */
async function runOn(
  { api, fleet, step, stderr, signal }: ShadowRequest,
  track: TrackResource,
): Promise<{ readonly facts: readonly unknown[]; readonly durationMs: number } | StepError | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "segue-shadow-"));
  const options = { folder, log: createStderrLog(stderr), signal };
  try {
    const file = join(folder, track.id);
    if (!(await api.downloadMaster(track.id, file, { signal }))) return undefined;
    const prepared = await prepareStep(fleet, step, file, options);
    const startedAt = performance.now();
    const { made } = await runLocally(prepared.step, prepared.inputs, options);
    const facts = [...made.values()].map((artifact) => artifact.facts);
    return { facts, durationMs: performance.now() - startedAt };
  } catch (error) {
    if (error instanceof StepError) return error;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As both would be stored; of several outputs, those of each by its kind. */
function byKind(kinds: readonly string[], facts: readonly unknown[]): Json {
  const stored = facts.map(toJson);
  if (stored.length === 1) return stored[0] ?? null;
  return Object.fromEntries(kinds.map((kind, index) => [kind, stored[index] ?? null]));
}

function toJson(facts: unknown): Json {
  return z.json().parse(JSON.parse(JSON.stringify(facts ?? null)));
}
