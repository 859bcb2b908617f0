// `npm run bench simulate`: `segue simulate`'s model beside a running fleet. It is told what tracks cost that came one at a time and how long a few take that come
// at once, and says how long others take that come evenly, at once, and while workers are taken away; the fleet does the same. Needs Linux's /proc.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { projectFleetUrl, type RunningFleet, startFleet } from "@segue/launcher";
import { percentilesOf } from "@segue/scaling/simulate";
import { loadFleet } from "@segue/step";
import { createRandom } from "@segue/synth";
import { z } from "zod";
import { type BenchMaster, makeMaster } from "../chain/make-master.ts";
import { calibrate } from "./calibrate.ts";
import { judge, mostForOthers, type Part, within } from "./judge.ts";
import { type Made, sendTracks } from "./measure.ts";
import { type Figures, figuresOf, playAs, quiet } from "./play.ts";
import { createStartWatch, takeWorkers } from "./take-workers.ts";
import { whenCalm } from "./when-calm.ts";

const Options = z.object({
  tracks: z.coerce.number().int().min(2).default(30),
  lone: z.coerce.number().int().min(2).default(10),
  burst: z.coerce.number().int().min(2).default(8),
  minutes: z.coerce.number().positive().max(60).default(1),
  "per-hour": z.coerce.number().positive().default(60),
  seed: z.coerce.number().int().min(1).default(1),
  /** How often each part is measured at most, while others are at the machine. */
  tries: z.coerce.number().int().min(1).max(100).default(3),
  /** Ends with 1 where the simulation is further off than it may be, and with 3 where something could not be judged. */
  check: z.boolean().default(false),
});

const { values } = parseArgs({
  options: {
    tracks: { type: "string" },
    lone: { type: "string" },
    burst: { type: "string" },
    minutes: { type: "string" },
    "per-hour": { type: "string" },
    seed: { type: "string" },
    tries: { type: "string" },
    check: { type: "boolean" },
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
let seed = options.seed * 10_000;
const random = createRandom(options.seed);
const watch = createStartWatch();

async function makeMasters(count: number, minutes: number): Promise<BenchMaster[]> {
  const masters: BenchMaster[] = [];
  for (let made = 0; made < count; made++)
    masters.push(await makeMaster({ seed: seed++, durationSec: minutes * 60, format: "mp3", dir }));
  return masters;
}

function run(
  fleet: RunningFleet,
  name: string,
  atSec: readonly number[],
  beside: (send: () => Promise<Made>) => Promise<Made> = (send) => send(),
): Promise<Made> {
  const measure = async () => {
    say(`${name}: ${atSec.length} tracks`);
    const masters = await makeMasters(atSec.length, options.minutes);
    const made = await beside(() => sendTracks(fleet, masters, atSec));
    for (const { path } of masters) rmSync(path);
    return made;
  };
  return whenCalm(options.tries, measure, ({ othersShare }) =>
    say(`${name}: others had ${Math.round(100 * othersShare)} % of the machine; again`),
  );
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
    takenAtSec: new Map(),
    othersShare: runs.reduce((sum, { othersShare }) => sum + othersShare, 0) / runs.length,
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

const parts: Part[] = [];

const rows = {
  perMinute: "tracks a minute",
  meanSec: "latency: mean, s",
  medianSec: "median",
  p95Sec: "95 %",
} satisfies Record<keyof Figures, string>;

function compare(name: string, made: Made, simulated: Figures): void {
  const measured = figuresOf(made.tracks.length, made.tookSec, percentilesOf(made.latencySec));
  parts.push({ name, measured, simulated, othersShare: made.othersShare });
  for (const [figure, words] of Object.entries(rows) as [keyof Figures, string][]) {
    const [is, says] = [measured[figure], simulated[figure]];
    const cells = [is.toFixed(2), says.toFixed(2), (says / is).toFixed(2)].map((cell) => cell.padStart(10));
    console.log(name.padEnd(24) + words.padEnd(18) + cells.join(""));
  }
}

async function main(fleet: RunningFleet): Promise<void> {
  for (const master of await makeMasters(warmUps, 0.1)) await sendTracks(fleet, [master], [0]);
  const described = await loadFleet(projectFleetUrl, process.env);
  const lone = await runAlone(fleet);
  const burst = await run(fleet, "a burst", Array(options.burst).fill(0));
  const told = [
    { name: "alone", ...lone },
    { name: "a burst", ...burst },
  ];
  // Else all that follows would be measured for nothing.
  if (options.check && judge(told, []).leftOut.length > 0) return check(told);
  const known = calibrate(described, lone, burst, cores);
  const { trackCpuSec, beside, machine } = known;
  const services = new Set(known.services.map((service) => service.name));
  const start = await watch.measure(fleet, services);
  console.log(
    [
      `a track takes ${trackCpuSec.toFixed(2)} CPU-s; beside each attempt ${beside.cpuSec.toFixed(3)} of them (${(100 * beside.awaited).toFixed(0)} % waited for), and ${beside.sec.toFixed(3)} s`,
      `${machine.cores} cores do what ${machine.yields.toFixed(2)} would by themselves; a worker starts in ${start.startSec.toFixed(2)} s and ${start.startCpuSec.toFixed(2)} CPU-s`,
      " ".repeat(42) + ["measured", "simulated", "ratio"].map((cell) => cell.padStart(10)).join(""),
    ].join("\n"),
  );
  const evenly = spreadOut((load * cores) / trackCpuSec);
  const alike = await run(fleet, "evenly", evenly);
  compare("evenly", alike, playAs(known, alike));
  const atOnce = await run(
    fleet,
    "at once",
    evenly.map(() => 0),
  );
  compare("at once", atOnce, playAs(known, atOnce));
  const perHour = options["per-hour"];
  for (const [signal, noticeSec] of [
    ["SIGTERM", 12],
    ["SIGKILL", 0],
  ] as const) {
    const made = await run(fleet, signal, evenly, async (send) => {
      const over = new AbortController();
      const taking = takeWorkers(fleet, services, { perHour, signal, random, until: over.signal });
      const sent = await send().finally(() => over.abort());
      return { ...sent, takenAtSec: await taking };
    });
    const nodes = { ...quiet.nodes, ...start, noticeSec, startsNextWhenGone: true };
    const count = [...made.takenAtSec.values()].flat().length;
    compare(`${count} workers, ${signal}`, made, playAs(known, made, nodes));
  }
  if (options.check) check(told);
}

function check(calibrated: Parameters<typeof judge>[0]): void {
  const { judged, missed, leftOut } = judge(calibrated, parts);
  console.log(
    [
      `${judged} figures judged, within ${100 * within} %; the 95 % is not, nor what others than the bench had more than ${100 * mostForOthers} % of the machine beside`,
      ...leftOut.map((each) => `left out: ${each}`),
      ...missed.map((each) => `missed: ${each}`),
    ].join("\n"),
  );
  process.exitCode = missed.length > 0 ? 1 : leftOut.length > 0 ? 3 : 0;
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
