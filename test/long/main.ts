// `npm run long -- [--hours 3] [--format mp3|wav] [--replicas encode=2 ...] [--keep]`: a mix of hours through the real fleet, every process of it, queue,
// storage and database included. What it takes, and whether everything came out as it was made. Needs Linux's /proc.
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { probeAudio } from "@segue/audio";
import { localNaming } from "@segue/chain";
import type { TrackResource } from "@segue/contracts";
import { describeFleet } from "@segue/fleet-spec";
import { projectFleetUrl, startFleet } from "@segue/launcher";
import { defaultPlacement, loadFleet } from "@segue/step";
import { z } from "zod";
import { createProcessWatch } from "../chaos/process-watch.ts";
import { createClient } from "../support/fleet-under-test.ts";
import { type Check, checkDuration, checkTrack, checkWork } from "./check-mix.ts";
import { type Mix, makeMix, mixFormats } from "./make-mix.ts";
import { readAttempts } from "./read-attempts.ts";
import { watchMemory } from "./watch-memory.ts";

const { values } = parseArgs({
  options: {
    hours: { type: "string", default: "3" },
    format: { type: "string", default: "mp3" },
    replicas: { type: "string", multiple: true, default: [] },
    keep: { type: "boolean", default: false },
  },
});
const hours = z.coerce.number().positive().max(6).parse(values.hours);
const replicas = z
  .record(z.string(), z.coerce.number().int().positive())
  .parse(Object.fromEntries(values.replicas.map((text) => text.split("="))));
const format = z.enum(mixFormats).parse(values.format);
const pollMs = 1_000;
/** Catches hangs only. */
const hangMs = 1_800_000;
const say = (line: string) => console.log(line);
const seconds = (ms: number | null) => (ms === null ? "?" : `${(ms / 1000).toFixed(1)} s`);

const placement = process.env.SEGUE_PLACEMENT ?? defaultPlacement;
const spec = await describeFleet(await loadFleet(projectFleetUrl, process.env), localNaming, placement);
const declaredMiB = new Map(spec.services.map(({ name, resources }) => [name, resources.memoryMiB ?? 0]));
const dir = await mkdtemp(join(tmpdir(), "segue-long-"));
const mix = await makeMix(dir, format, hours * 3600);
say(`${format}: ${(mix.durationSec / 3600).toFixed(2)} h, ${(mix.sizeBytes / 2 ** 20).toFixed(0)} MiB`);
const processes = createProcessWatch();
const fleet = await startFleet({
  dataDir: join(dir, "data"),
  apiPort: 0,
  // Attempts tell how long they took at this level; uncompressed, three hours are more than the API takes by default.
  env: { SEGUE_LOG_LEVEL: "debug", SEGUE_MAX_UPLOAD_BYTES: String(8 * 2 ** 30) },
  replicas,
  onProcess: (event) => processes.onProcess(event),
});
let checks: Check[] = [];
try {
  const memory = watchMemory(fleet);
  const track = await submit(mix);
  const peaks = await memory.stop();
  const attempts = await readAttempts(join(dir, "data", "logs"));
  const of = (role: "service" | "cloud") => fleet.processes().filter((process) => process.role === role);
  const limited = of("service").map(({ name, service }) => ({
    name,
    mostMiB: declaredMiB.get(service) ?? 0,
  }));
  checks = [...checkTrack(mix, track), ...checkWork(attempts, peaks, limited)];
  if (track.results.aac) checks.push(checkDuration("AAC's duration", await probeAac(track), mix.durationSec));
  const ended = processes.uncalled.map(({ name, how }) => `${name} (${how})`).join(", ");
  checks.push({ what: "no process ended by itself", ok: ended === "", found: ended || "none" });
  for (const { name } of of("cloud")) say(`memory of ${name}: ${peaks.get(name)?.ownMiB.toFixed(0)} MiB`);
  say(`latency: ${seconds(track.latencyMs)} from acceptance to the last step`);
} finally {
  for (const pid of fleet.processes().map((process) => process.pid)) processes.expectEnd(pid);
  await fleet.stop();
  if (values.keep) say(`kept: ${dir}`);
  else await rm(dir, { recursive: true, force: true });
}
say(`load: ${loadavg()[1]?.toFixed(1)} over the last 5 minutes, on ${availableParallelism()} cores`);
for (const { what, ok, found } of checks) say(`${ok ? "ok  " : "FAIL"} ${what}: ${found}`);
process.exitCode = checks.length > 0 && checks.every(({ ok }) => ok) ? 0 : 1;

async function submit({ path, sizeBytes }: Mix): Promise<TrackResource> {
  const startedAt = performance.now();
  const client = createClient(fleet.apiUrl);
  const upload = { body: createReadStream(path), sizeBytes, fileName: `mix.${format}` };
  const { id } = await client.api.postUpload(upload);
  say(`accepted after ${seconds(performance.now() - startedAt)}`);
  const ended = new Set<string>();
  while (performance.now() - startedAt < hangMs) {
    const track = await client.track(id);
    for (const { step, status } of track.steps) {
      if (status === "waiting" || ended.has(step)) continue;
      ended.add(step);
      say(`${seconds(performance.now() - startedAt)}: ${step} ${status}`);
    }
    if (track.finishedAt !== null) return track;
    await delay(pollMs);
  }
  throw new Error(`not done after ${seconds(hangMs)}`);
}

/** What the header of the file that a client gets says. */
async function probeAac(track: TrackResource): Promise<number | null> {
  const { body } = await createClient(fleet.apiUrl).get(`/v1/tracks/${track.id}/assets/aac`);
  if (!body) throw new Error("expected the AAC's bytes");
  const path = join(dir, "mix.m4a");
  await pipeline(Readable.fromWeb(body), createWriteStream(path));
  const probe = await probeAudio(path);
  return probe.declaredDurationSec;
}
