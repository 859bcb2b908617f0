// `npm run bench sse -- [--rounds N] [--tracks N] [--seconds S] [--clients N] [--most RATIO]`: what clients that watch by server-sent events cost the fleet.
// Tracks go through a fleet in rounds, in turns with nobody watching and with so many clients: three fifths watch all tracks, the others one of the round's
// each. Every stream has to have told all that has happened. Ends with 1 where the ratio of the fleet's CPU is over `--most`. Needs Linux's /proc.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type ApiClient, createApiClient } from "@segue/client";
import { type RunningFleet, startFleet } from "@segue/launcher";
import { z } from "zod";
import { ratioOf } from "../beside/compare.ts";
import { makeMaster } from "../chain/make-master.ts";
import { type RoundCost, runRound } from "./run-round.ts";

const Options = z.object({
  rounds: z.coerce.number().int().min(2).default(6),
  tracks: z.coerce.number().int().min(1).max(200).default(40),
  seconds: z.coerce.number().positive().max(600).default(30),
  clients: z.coerce.number().int().min(5).max(900).default(500),
  most: z.coerce.number().min(1).optional(),
});
const { values } = parseArgs({
  options: {
    rounds: { type: "string" },
    tracks: { type: "string" },
    seconds: { type: "string" },
    clients: { type: "string" },
    most: { type: "string" },
  },
});
const options = Options.parse(values);
const ofTracks = Math.floor((2 * options.clients) / 5);
const watchers = { ofAll: options.clients - ofTracks, ofTracks };
const say = (line: string) => process.stderr.write(`${line}\n`);

/** A file whose first samples differ from those of all before: nothing of it was made yet. */
function createMasters(wav: Buffer) {
  let number = 0;
  return (count: number): Buffer[] =>
    Array.from({ length: count }, () => {
      const master = Buffer.from(wav);
      number += 1;
      for (let bit = 0; bit < 24; bit++) master.writeInt16LE((number >> bit) & 1, 44 + 4 * bit);
      return master;
    });
}

async function measure(fleet: RunningFleet, api: ApiClient, wav: Buffer) {
  const mastersFor = createMasters(wav);
  const round = (watched: boolean) =>
    runRound({ fleet, api, masters: mastersFor(options.tracks), watchers: watched ? watchers : null });
  // Code, caches and connections warm up on both sides.
  for (const watched of [false, true]) await round(watched);
  const pairs: { alone: RoundCost; watched: RoundCost }[] = [];
  for (let n = 0; n < options.rounds; n++) {
    const watchedFirst = n % 2 === 0;
    const first = await round(watchedFirst);
    const second = await round(!watchedFirst);
    const pair = watchedFirst ? { watched: first, alone: second } : { watched: second, alone: first };
    pairs.push(pair);
    say(`${n + 1}: nobody ${describe(pair.alone)}; ${options.clients} clients ${describe(pair.watched)}`);
  }
  return pairs;
}

function describe({ cpuMs, apiCpuMs, wallMs }: RoundCost): string {
  const sec = (ms: number) => (ms / 1000).toFixed(2);
  return `${sec(cpuMs)} CPU-s (the API ${sec(apiCpuMs)}) in ${sec(wallMs)} s`;
}

function describeRatio({ ratio, low, high }: ReturnType<typeof ratioOf>): string {
  return `${ratio.toFixed(3)} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`;
}

const dir = mkdtempSync(join(tmpdir(), "segue-bench-sse-"));
try {
  const { path } = await makeMaster({ seed: 1, durationSec: options.seconds, format: "wav", dir });
  const fleet = await startFleet({ dataDir: join(dir, "data"), apiPort: 0, log: say });
  const api = createApiClient(fleet.apiUrl);
  try {
    const pairs = await measure(fleet, api, readFileSync(path));
    const compare = (figure: "cpuMs" | "wallMs") =>
      ratioOf(pairs.map(({ alone, watched }) => ({ ours: watched[figure], theirs: alone[figure] })));
    const cpu = compare("cpuMs");
    console.log(
      `${options.clients} clients of server-sent events (${watchers.ofAll} of all tracks, ${ofTracks} of one each), ` +
        `${options.rounds} pairs of rounds of ${options.tracks} tracks of ${options.seconds} s; load average ${loadavg()[0]?.toFixed(1)}`,
    );
    console.log(`CPU of the fleet, of that with nobody watching: ${describeRatio(cpu)}`);
    console.log(`time that the tracks take: ${describeRatio(compare("wallMs"))}`);
    if (options.most !== undefined && cpu.ratio > options.most) {
      console.error(`expected at most ${options.most} times the CPU, got ${cpu.ratio.toFixed(3)}`);
      process.exitCode = 1;
    }
  } finally {
    await api[Symbol.asyncDispose]();
    await fleet.stop();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
