// `npm run bench simulate`: `segue simulate`'s model beside a running fleet. It is told what tracks cost that came one at a time, and says how long those take that
// come together, at once, and while workers are taken away; the fleet does the same. Needs Linux's /proc.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectFleetUrl, type RunningFleet, startFleet } from "@segue/launcher";
import { percentilesOf, type Scenario, type SimulatedFleet, simulate } from "@segue/scaling/simulate";
import { loadFleet } from "@segue/step";
import { createRandom } from "@segue/synth";
import { z } from "zod";
import { type BenchMaster, makeMaster } from "../chain/make-master.ts";
import { type Calibration, calibrate, quiet } from "./calibrate.ts";
import { type Made, sendTracks } from "./measure.ts";
import { createStartWatch, takeWorkers } from "./take-workers.ts";

const Options = z.object({
  tracks: z.coerce.number().int().min(2).default(30),
  lone: z.coerce.number().int().min(2).default(10),
  minutes: z.coerce.number().positive().max(60).default(1),
  "per-hour": z.coerce.number().positive().default(60),
  seed: z.coerce.number().int().min(1).default(1),
});

const { values } = parseArgs({
  options: {
    tracks: { type: "string" },
    lone: { type: "string" },
    minutes: { type: "string" },
    "per-hour": { type: "string" },
    seed: { type: "string" },
  },
});
const options = Options.parse(values);
const say = (line: string) => process.stderr.write(`${line}\n`);
const dir = mkdtempSync(join(tmpdir(), "segue-bench-"));
const cores = availableParallelism();
/** A fleet's code is warm after so many. */
const warmUps = 20;
/** What arrives evenly arrives at this share of what the machine can do. */
const load = 0.6;
/** As often as a simulation is played: one run of chance says little. */
const plays = 20;

/** By then the workers of a simulated fleet are up. */
const settleSec = 60;

let seed = options.seed * 10_000;
const random = createRandom(options.seed);
const watch = createStartWatch();

async function makeMasters(count: number, minutes: number): Promise<BenchMaster[]> {
  const masters: BenchMaster[] = [];
  for (let made = 0; made < count; made++)
    masters.push(await makeMaster({ seed: seed++, durationSec: minutes * 60, format: "mp3", dir }));
  return masters;
}

async function run(fleet: RunningFleet, name: string, atSec: readonly number[]): Promise<Made> {
  say(`${name}: ${atSec.length} tracks`);
  const masters = await makeMasters(atSec.length, options.minutes);
  const made = await sendTracks(fleet, masters, atSec);
  for (const { path } of masters) rmSync(path);
  return made;
}

/** Tracks that came one at a time, as one list of them. */
async function runAlone(fleet: RunningFleet): Promise<Made> {
  const runs: Made[] = [];
  for (let made = 0; made < options.lone; made++) runs.push(await run(fleet, "alone", [0]));
  return {
    arrivedAtSec: [],
    tookSec: Number.NaN,
    latencySec: runs.flatMap(({ latencySec }) => latencySec),
    tracks: runs.flatMap(({ tracks }) => tracks),
    cpuSec: runs.reduce((sum, { cpuSec }) => sum + cpuSec, 0),
  };
}

/** When tracks come that come by themselves. */
function spreadOut(perSec: number): number[] {
  let atSec = 0;
  return Array.from({ length: options.tracks }, () => {
    const at = atSec;
    atSec += -Math.log(1 - random.next()) / perSec;
    return at;
  });
}

interface Figures {
  readonly perMinute: number;
  readonly meanSec: number;
  readonly medianSec: number;
  readonly p95Sec: number;
}

/** @param tookSec until the last of them was done. */
function figuresOf(
  tracks: number,
  tookSec: number,
  { mean, p50, p95 }: SimulatedFleet["latencySec"],
): Figures {
  return { perMinute: (60 * tracks) / tookSec, meanSec: mean, medianSec: p50, p95Sec: p95 };
}

function playAs(known: Calibration, made: Made, nodes: Partial<Scenario["nodes"]>): Figures {
  const played = Array.from({ length: plays }, (_, index) => {
    const { tracks, tookSec, latencySec } = simulate({
      ...quiet,
      services: known.services,
      beside: known.beside,
      machineCores: cores,
      nodes: { ...quiet.nodes, ...nodes },
      arrivedAtSec: made.arrivedAtSec.map((at) => at + settleSec),
      seed: index + 1,
    });
    return figuresOf(tracks, tookSec - settleSec, latencySec);
  });
  const mean = (figure: keyof Figures) => played.reduce((sum, each) => sum + each[figure], 0) / played.length;
  return {
    perMinute: mean("perMinute"),
    meanSec: mean("meanSec"),
    medianSec: mean("medianSec"),
    p95Sec: mean("p95Sec"),
  };
}

const rows = {
  perMinute: "tracks a minute",
  meanSec: "latency: mean, s",
  medianSec: "median",
  p95Sec: "95 %",
} satisfies Record<keyof Figures, string>;

function compare(name: string, made: Made, simulated: Figures): void {
  const measured = figuresOf(made.tracks.length, made.tookSec, percentilesOf(made.latencySec));
  for (const [figure, words] of Object.entries(rows) as [keyof Figures, string][]) {
    const [is, says] = [measured[figure], simulated[figure]];
    const cells = [is.toFixed(2), says.toFixed(2), (says / is).toFixed(2)].map((cell) => cell.padStart(10));
    console.log(name.padEnd(24) + words.padEnd(18) + cells.join(""));
  }
}

async function main(fleet: RunningFleet): Promise<void> {
  for (const master of await makeMasters(warmUps, 0.1)) await sendTracks(fleet, [master], [0]);
  const known = calibrate(await loadFleet(projectFleetUrl, process.env), await runAlone(fleet), cores);
  const { trackCpuSec, beside } = known;
  console.log(
    `a track takes ${trackCpuSec.toFixed(2)} CPU-s; beside each attempt ${beside.cpuSec.toFixed(3)} of them (${(100 * beside.awaited).toFixed(0)} % waited for), and ${beside.sec.toFixed(3)} s`,
  );
  console.log(" ".repeat(42) + ["measured", "simulated", "ratio"].map((cell) => cell.padStart(10)).join(""));
  const evenly = spreadOut((load * cores) / trackCpuSec);
  const alike = await run(fleet, "evenly", evenly);
  compare("evenly", alike, playAs(known, alike, {}));
  const together = await run(
    fleet,
    "at once",
    evenly.map(() => 0),
  );
  compare("at once", together, playAs(known, together, {}));
  const services = new Set(known.services.map((service) => service.name));
  const perHour = options["per-hour"];
  for (const [signal, noticeSec] of [
    ["SIGTERM", 12],
    ["SIGKILL", 0],
  ] as const) {
    const over = new AbortController();
    const taking = takeWorkers(fleet, services, { perHour, signal, random, until: over.signal });
    const made = await run(fleet, signal, evenly);
    over.abort();
    const nodes = { startSec: watch.meanSec(1), noticeSec, preemptionsPerHour: perHour };
    compare(`${await taking} workers, ${signal}`, made, playAs(known, made, nodes));
  }
}

const fleet = await startFleet({
  dataDir: join(dir, "data"),
  apiPort: 0,
  log: say,
  onProcess: watch.onProcess,
});
try {
  await main(fleet);
} finally {
  await fleet.stop();
  rmSync(dir, { recursive: true, force: true });
}
