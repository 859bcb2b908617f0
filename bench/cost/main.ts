// `npm run bench cost`: what a track uses of the cloud, counted by the local cloud's own counters, and what that costs by list prices.
// A placement is a fleet: name its file. Needs Linux's /proc.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type ApiClient, createApiClient } from "@segue/client";
import { startFleet } from "@segue/launcher";
import type { UsageRow } from "@segue/local-cloud/usage";
import { listPrices, priceTrack, type StoredBytes } from "@segue/plan";
import { z } from "zod";
import { makeMaster, masterFormats } from "../chain/make-master.ts";
import { countTrack } from "./count-track.ts";
import { type CostReport, formatReport, type MeasuredTrack } from "./format-report.ts";
import { type MeasuredFleet, readSample, since, withoutIdle } from "./read-sample.ts";
import { readStoredBytes } from "./stored-bytes.ts";
import { summariseTrack } from "./summarise-track.ts";

const Options = z.object({
  minutes: z
    .string()
    .default("4,0.5")
    .transform((text) => text.split(",").map(Number))
    .pipe(z.array(z.number().positive().max(60))),
  /** Measured beside those that are made: each once, as it must be new. */
  file: z.array(z.string()).default([]),
  format: z.enum(masterFormats).default("mp3"),
  "warm-ups": z.coerce.number().int().min(0).default(3),
  rounds: z.coerce.number().int().min(1).default(2),
  seed: z.coerce.number().int().min(1).default(1),
  "idle-sec": z.coerce.number().int().min(1).default(60),
  json: z.boolean().default(false),
  fleet: z.string().default(resolve(import.meta.dirname, "../../segue.config.ts")),
});

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    file: { type: "string", multiple: true },
    format: { type: "string" },
    "warm-ups": { type: "string" },
    rounds: { type: "string" },
    seed: { type: "string" },
    "idle-sec": { type: "string" },
    json: { type: "boolean" },
    fleet: { type: "string" },
  },
});
const options = Options.parse(values);
const warmUpSec = 5;
const say = (line: string) => process.stderr.write(`${line}\n`);

type Fleet = MeasuredFleet & { readonly api: ApiClient; readonly env: Readonly<Record<string, string>> };

const dir = mkdtempSync(join(tmpdir(), "segue-cost-"));
try {
  const dataDir = join(dir, "data");
  const running = await startFleet({
    dataDir,
    fleetUrl: pathToFileURL(options.fleet).href,
    apiPort: 0,
    log: say,
  });
  const api = createApiClient(running.apiUrl);
  try {
    const report = await measure({ ...running, api, dataDir });
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : formatReport(report)}\n`);
  } finally {
    await api[Symbol.asyncDispose]();
    await running.stop();
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function measure(fleet: Fleet): Promise<CostReport> {
  let seed = options.seed;
  const [first = 4, ...others] = options.minutes;
  const makeAndTake = async (sec: number, what: string) => {
    const { path } = await makeMaster({ seed: seed++, durationSec: sec, format: options.format, dir });
    const track = await take(fleet, path, what);
    rmSync(path);
    return track;
  };
  const nameOf = (minutes: number) => (minutes < 1 ? `${minutes * 60} s` : `${minutes} min`);
  const tracks = [await makeAndTake(first * 60, `${nameOf(first)}, the first after a start`)];
  for (let index = 0; index < options["warm-ups"]; index++) await makeAndTake(warmUpSec, "warm-up");
  for (const minutes of [first, ...others]) {
    for (let round = 0; round < options.rounds; round++)
      tracks.push(await makeAndTake(minutes * 60, nameOf(minutes)));
  }
  for (const path of options.file) tracks.push(await take(fleet, path, basename(path)));
  const idle = await measureIdle(fleet);
  return {
    fleet: basename(options.fleet),
    prices: listPrices,
    idlePerMinute: summariseTrack(idle),
    tracks: tracks.map(({ elapsedMs, ...track }) => {
      const rows = withoutIdle(track.rows, idle, elapsedMs);
      const use = summariseTrack(rows);
      return { ...track, rows, use, bill: priceTrack(use, track.stored) };
    }),
  };
}

async function take(
  fleet: Fleet,
  path: string,
  what: string,
): Promise<Omit<MeasuredTrack, "use" | "bill"> & { readonly elapsedMs: number }> {
  const storedBefore = await readStoredBytes(fleet.env.SEGUE_GCS_ENDPOINT ?? "");
  const { rows, elapsedMs } = await countTrack(fleet, path);
  const storedAfter = await readStoredBytes(fleet.env.SEGUE_GCS_ENDPOINT ?? "");
  const stored: StoredBytes = {
    masters: storedAfter.masters - storedBefore.masters,
    records: storedAfter.records - storedBefore.records,
    assets: storedAfter.assets - storedBefore.assets,
    scratch: storedAfter.scratch - storedBefore.scratch,
  };
  say(`${what}: counted for ${(elapsedMs / 1_000).toFixed(1)} s`);
  return { what, sizeBytes: statSync(path).size, rows, stored, elapsedMs };
}

/** Per minute. */
async function measureIdle(fleet: Fleet): Promise<UsageRow[]> {
  const before = await readSample(fleet);
  const startedAt = performance.now();
  await delay(options["idle-sec"] * 1_000);
  const used = since(before, await readSample(fleet));
  const perMinute = 60_000 / (performance.now() - startedAt);
  return used.map((row) => ({ ...row, value: row.value * perMinute }));
}
