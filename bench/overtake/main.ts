// `npm run bench overtake -- [--rounds N] [--minutes M] [--old N] [--in-flight N]`: how much longer live tracks take while a backfill keeps
// the fleet busy than while it is idle. Each round posts one track idle and one during the backfill, every track another.
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createApiClient, whenEnded } from "@segue/client";
import { startFleet } from "@segue/launcher";
import { type BenchMaster, makeMaster } from "../chain/make-master.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    minutes: { type: "string", default: "4" },
    old: { type: "string", default: "20" },
    "in-flight": { type: "string", default: "32" },
  },
});
const rounds = Number(values.rounds);
const old = Number(values.old);
const warmUps = 5;
const pollMs = 50;
const dir = mkdtempSync(join(tmpdir(), "segue-bench-overtake-"));
const fleet = await startFleet({ dataDir: join(dir, "data"), apiPort: 0 });
const api = createApiClient(fleet.apiUrl);
const make = (seed: number, minutes: number): Promise<BenchMaster> =>
  makeMaster({ seed, durationSec: minutes * 60, format: "mp3", dir });

async function post(master: BenchMaster): Promise<string> {
  // Making a track blocks this process for longer than idle connections are kept: the first attempt may find one that is gone.
  const submission = { idempotencyKey: randomUUID() };
  const upload = { body: readFileSync(master.path) };
  const { id } = await api.postUpload(upload, submission).catch(() => api.postUpload(upload, submission));
  rmSync(master.path);
  return id;
}

async function latencyMs(id: string): Promise<number> {
  const track = await whenEnded(api, id, { pollMs });
  if (track.latencyMs !== null && track.state === "done") return track.latencyMs;
  throw new Error(`${id}: ${track.summary}`);
}

/** Everything of the old tracks anew: the most that a backfill can ask of a fleet. */
async function beginBackfill(): Promise<string> {
  await delay(pollMs);
  const force = ["decode", "downsample", "tempo", "key", "tags", "encode", "loudness", "waveform"];
  return (await api.requestBackfill({ force, inFlight: Number(values["in-flight"]) })).id;
}

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

try {
  for (let n = 0; n < warmUps; n++) await latencyMs(await post(await make(9_000 + n, 0.1)));
  for (let n = 0; n < old; n++) await latencyMs(await post(await make(1_000 + n, Number(values.minutes))));
  const idle: number[] = [];
  for (let n = 0; n < rounds; n++)
    idle.push(await latencyMs(await post(await make(n, Number(values.minutes)))));
  // Made beforehand: making one takes both cores.
  const masters: BenchMaster[] = [];
  for (let n = 0; n < rounds; n++) masters.push(await make(100 + n, Number(values.minutes)));
  const id = await beginBackfill();
  while (
    ((await api.readBackfill(id))?.tracks.underWay ?? 0) <
    Math.min(old, Number(values["in-flight"])) / 2
  )
    await delay(pollMs);
  const busy: number[] = [];
  for (const master of masters) {
    const latency = await latencyMs(await post(master));
    const backfill = await api.readBackfill(id);
    if (backfill?.state !== "running")
      throw new Error("the backfill was over too soon: expected more old tracks");
    busy.push(latency);
    console.error(
      `live in ${(latency / 1000).toFixed(1)} s; the backfill: ${JSON.stringify(backfill.tracks)}`,
    );
  }
  const seconds = (numbers: readonly number[]) => numbers.map((ms) => (ms / 1000).toFixed(1)).join(", ");
  console.log(`idle: ${seconds(idle)} s; during the backfill: ${seconds(busy)} s`);
  console.log(
    `median ${(median(busy) / median(idle)).toFixed(2)} times, worst ${(Math.max(...busy) / median(idle)).toFixed(2)} times the idle median`,
  );
} finally {
  await api[Symbol.asyncDispose]();
  await fleet.stop();
  rmSync(dir, { recursive: true, force: true });
}
