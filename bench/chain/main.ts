// `npm run bench chain`: CPU per minute of audio, of each step and of the whole chain, next to the same work done bare.
// Every round makes a new track and takes it through both, in turns: which comes first alternates. Needs Linux's /proc.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { RunningFleet } from "@segue/launcher";
import { z } from "zod";
import { formatSummary } from "./format-summary.ts";
import { type BenchMaster, makeMaster, masterFormats } from "./make-master.ts";
import { type FleetRun, measureIdle, measureTrack, peakRssByProcess } from "./measure-fleet.ts";
import { type Bare, startBare } from "./start-bare.ts";
import { type Round, type Summary, summarise } from "./summarise.ts";

const Options = z.object({
  rounds: z.coerce.number().int().min(1).default(3),
  "warm-ups": z.coerce.number().int().min(0).default(20),
  minutes: z.coerce.number().positive().max(60).default(4),
  format: z.enum(masterFormats).default("mp3"),
  seed: z.coerce.number().int().min(1).default(1),
  "poll-ms": z.coerce.number().int().min(10).default(500),
  json: z.boolean().default(false),
  fleet: z.string().default(resolve(import.meta.dirname, "../../segue.config.ts")),
  "bare-only": z.boolean().default(false),
});
type Options = z.infer<typeof Options>;

/** What the last track left behind (garbage, timers) has passed by then. */
const settleMs = 3_000;
const idleMs = 10_000;
const warmUpSec = 5;
const say = (line: string) => process.stderr.write(`${line}\n`);

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string" },
      "warm-ups": { type: "string" },
      minutes: { type: "string" },
      format: { type: "string" },
      seed: { type: "string" },
      "poll-ms": { type: "string" },
      json: { type: "boolean" },
      fleet: { type: "string" },
      "bare-only": { type: "boolean" },
    },
  });
  return Options.parse(values);
}

async function measure(
  options: Options,
  dir: string,
  bare: Bare,
  fleet: RunningFleet | null,
): Promise<Summary> {
  const durationSec = options.minutes * 60;
  const rounds: Round[] = [];
  const runTrack = async (seed: number, seconds: number) => {
    const master = await makeMaster({ seed, durationSec: seconds, format: options.format, dir });
    const runFleet = async () => (fleet ? await measureTrack(fleet, master, options["poll-ms"]) : null);
    const round = await runRound(master, bare, runFleet, seed % 2 === 0);
    rmSync(master.path);
    return round;
  };
  // Short tracks warm up code, caches and connections on both sides, and are not counted.
  for (let index = 0; index < options["warm-ups"]; index += 1) {
    await runTrack(options.seed + options.rounds + index, warmUpSec);
  }
  for (let index = 0; index < options.rounds; index += 1) {
    const round = await runTrack(options.seed + index, durationSec);
    say(`track ${index + 1}: ${describeRound(round)}`);
    rounds.push(round);
  }
  if (fleet) await delay(settleMs);
  return summarise({
    audioMinutesPerTrack: options.minutes,
    rounds,
    idle: fleet ? await measureIdle(fleet, idleMs) : new Map(),
    peakRss: fleet ? peakRssByProcess(fleet) : new Map(),
    bareRssBytes: bare.peakRssBytes(),
  });
}

async function startWholeFleet(fleetUrl: string, dataDir: string): Promise<RunningFleet> {
  const { startFleet } = await import("@segue/launcher");
  return await startFleet({ dataDir, fleetUrl, log: say });
}

async function runRound(
  master: BenchMaster,
  bare: Bare,
  runFleet: () => Promise<FleetRun | null>,
  bareFirst: boolean,
): Promise<Round> {
  if (bareFirst) return { bare: await bare.run(master), fleet: await runFleet() };
  const fleet = await runFleet();
  return { bare: await bare.run(master), fleet };
}

function describeRound({ bare, fleet }: Round): string {
  const sec = (ms: number) => (ms / 1000).toFixed(2);
  const bareFigure = `bare ${sec(bare.cpuMs)} CPU-s`;
  if (!fleet) return bareFigure;
  const fleetMs = [...fleet.cpuByProcess.values()].reduce((total, cpuMs) => total + cpuMs, 0);
  return `${bareFigure}, fleet ${sec(fleetMs)} CPU-s with idle, done after ${sec(fleet.latencyMs)} s`;
}

const options = readOptions();
const dir = mkdtempSync(join(tmpdir(), "segue-bench-"));
const fleetUrl = pathToFileURL(options.fleet).href;
const bare = await startBare(fleetUrl, dir);
try {
  const fleet = options["bare-only"] ? null : await startWholeFleet(fleetUrl, join(dir, "data"));
  try {
    const summary = await measure(options, dir, bare, fleet);
    process.stdout.write(`${options.json ? JSON.stringify(summary, null, 2) : formatSummary(summary)}\n`);
  } finally {
    await fleet?.stop();
  }
  rmSync(dir, { recursive: true, force: true });
} catch (error) {
  say(`the benchmark failed; the fleet's logs and data are kept in ${dir}`);
  throw error;
} finally {
  bare.stop();
}
