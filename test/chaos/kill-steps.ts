import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArtifacts, createLedgers, withLedger } from "@segue/artifacts";
import { runFfmpeg } from "@segue/audio";
import { type Chain, createNames, deriveTopology, localNaming } from "@segue/chain";
import {
  type ArtifactRecord,
  Master,
  ownArtifactOf,
  type PayloadRef,
  type StepSpec,
  type StoredKind,
} from "@segue/contracts";
import { projectFleetUrl } from "@segue/launcher";
import { isServer, loadFleet } from "@segue/step";
import { composeTrack, encodeWav, renderScore } from "@segue/synth";
import { pubsubOf } from "../support/cloud.ts";
import { openCatalog, waitForEnd } from "./catalog-state.ts";
import type { ChaosTrack } from "./corpus.ts";
import { hangLimitMs, submit } from "./feed.ts";
import { digestObject, withoutAttempt } from "./object-state.ts";
import { createOwned } from "./owned.ts";
import { createProcessWatch } from "./process-watch.ts";
import { type ChaosFleet, startChaosFleet } from "./run-fleet.ts";
import { runTrial, type StepTarget, type Trial, type TrialContext } from "./step-trial.ts";
import { openTap } from "./tap.ts";

export interface KillStepsOptions {
  readonly everyMs: number;
  readonly durationSec: number;
  readonly signals: readonly Trial["signal"][];
  /** All of them when undefined. */
  readonly steps: readonly string[] | undefined;
}

export interface StepTrials {
  readonly step: string;
  /** Of the undisturbed attempt, and of those before it that make again what was not stored. */
  readonly durationMs: number;
  readonly trials: readonly Trial[];
}

/** Past the end of the undisturbed attempt: storing, announcing and acking happen there. */
const pastEndMs = 500;

/**
 * Ends the worker of every step at every so many ms after its message was published, each time on a step that has
 * nothing to go on from. Services take turns with none: each has a track and a worker of its own.
 */
export async function killSteps(
  options: KillStepsOptions,
  log: (line: string) => void,
): Promise<StepTrials[]> {
  const workDir = await mkdtemp(join(tmpdir(), "segue-chaos-"));
  const owned = createOwned();
  owned.add({ [Symbol.asyncDispose]: () => rm(workDir, { recursive: true, force: true }) });
  try {
    const watch = createProcessWatch();
    const chaos = await startChaosFleet({
      dataDir: join(workDir, "data"),
      replicas: 1,
      onProcess: watch.onProcess,
    });
    owned.add(chaos.fleet);
    const pubsub = pubsubOf(chaos.cloud);
    owned.add({ [Symbol.asyncDispose]: () => pubsub.close() });
    const { chain, services } = await loadFleet(projectFleetUrl);
    const tap = owned.add(await openTap(pubsub, deriveTopology(chain, createNames(localNaming)).topics));

    const wanted = chain.steps.filter(({ name }) => options.steps?.includes(name) ?? true);
    const tracks = await makeTracks(join(workDir, "tracks"), wanted, options.durationSec);
    log(`processing ${tracks.length} tracks of ${options.durationSec} s undisturbed`);
    await processAll(chaos, tracks);
    const serviceOf = (step: StepSpec) =>
      [...services].find(
        ([, hosts]) => !isServer(hosts) && hosts.steps.some(({ name }) => name === step.name),
      )?.[0];
    const targets: (StepTarget & { durationMs: number })[] = [];
    for (const [index, step] of wanted.entries()) {
      const master = tracks[index]?.sha256;
      const service = serviceOf(step);
      if (master && service) targets.push(await readTarget(chaos, chain, step, service, master));
    }
    const lanes = Map.groupBy(targets, ({ service }) => service);
    const context = { chaos, pubsub, watch, tap };
    const results = await Promise.all(
      [...lanes.values()].map((lane) => runLane(context, lane, options, log)),
    );
    return results.flat();
  } finally {
    await owned[Symbol.asyncDispose]();
  }
}

/** The same music for every step, under another title: another master. */
async function makeTracks(
  dir: string,
  steps: readonly StepSpec[],
  durationSec: number,
): Promise<ChaosTrack[]> {
  await mkdir(dir, { recursive: true });
  const score = composeTrack({ seed: 7, bpm: 112, key: "A", mode: "minor", durationSec });
  const { left, right, sampleRateHz } = renderScore(score);
  const wav = join(dir, "source.wav");
  await writeFile(wav, encodeWav({ channels: [left, right], sampleRateHz, bitDepth: 16 }));
  const tracks: ChaosTrack[] = [];
  for (const { name } of steps) {
    const path = join(dir, `${name}.mp3`);
    const codec = ["-codec:a", "libmp3lame", "-b:a", "192k"];
    await runFfmpeg(["-i", wav, ...codec, "-metadata", `title=${name}`, "-y", path]);
    const sha256 = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    tracks.push({ path, fileName: `${name}.mp3`, sha256, durationSec });
  }
  return tracks;
}

async function processAll({ fleet, cloud }: ChaosFleet, tracks: readonly ChaosTrack[]): Promise<void> {
  const ids: string[] = [];
  for (const track of tracks)
    ids.push((await submit(fleet.apiUrl, track, performance.now() + hangLimitMs)).id);
  const pool = openCatalog(cloud.DATABASE_URL);
  const lost = await waitForEnd(pool, ids, hangLimitMs);
  await pool.end();
  if (lost.length > 0) throw new Error(`undisturbed, ${lost.length} tracks have not ended`);
}

async function readTarget(
  { store }: ChaosFleet,
  chain: Chain<StepSpec>,
  step: StepSpec,
  service: string,
  master: string,
): Promise<StepTarget & { durationMs: number }> {
  const names = createNames(localNaming);
  const artifacts = withLedger(createArtifacts(store, names), createLedgers(store, names).of(master));
  const addresses = chain.addressesFor(master);
  const read = async (kind: StoredKind): Promise<ArtifactRecord> => {
    const record = await artifacts.readRecord(kind, addresses.get(kind.name) ?? "");
    if (!record) throw new Error(`expected the ${kind.name} of ${master} to have a record`);
    return record;
  };
  const payloadOf = ({ outcome }: ArtifactRecord) =>
    outcome.status === "succeeded" ? outcome.payload : null;
  const isGone = async (payload: PayloadRef | null) => payload && !(await artifacts.isIntact(payload));
  const [trigger = Master] = chain.triggersOf(step);
  const expected = await read(ownArtifactOf(step));
  const payload = payloadOf(expected);
  // What was handed on without being stored, or is there no more, is made again before it.
  const before = await Promise.all([...chain.ancestorsOf(step)].map((other) => read(ownArtifactOf(other))));
  let durationMs = expected.attempt?.durationMs ?? 0;
  for (const made of before) if (await isGone(payloadOf(made))) durationMs += made.attempt?.durationMs ?? 0;
  return {
    service,
    step: step.name,
    master,
    trigger: await read(trigger),
    expected: withoutAttempt(expected),
    digest: payload && !(await isGone(payload)) ? await digestObject(store, payload) : undefined,
    durationMs,
  };
}

async function runLane(
  context: TrialContext,
  targets: readonly (StepTarget & { durationMs: number })[],
  { everyMs, signals }: KillStepsOptions,
  log: (line: string) => void,
): Promise<StepTrials[]> {
  const results: StepTrials[] = [];
  for (const target of targets) {
    const trials: Trial[] = [];
    for (let atMs = 0; atMs <= target.durationMs + pastEndMs; atMs += everyMs) {
      for (const signal of signals) {
        const trial = await runTrial(context, target, signal, atMs);
        trials.push(trial);
        if (trial.wrong) log(`${target.step}, ${signal} at ${atMs} ms: ${trial.wrong}`);
      }
    }
    log(`${target.step}: ${trials.length} kills done`);
    results.push({ step: target.step, durationMs: target.durationMs, trials });
  }
  return results;
}
