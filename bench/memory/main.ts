// `npm run bench memory -- [--tracks N] [--minutes M] [--build DIR]`: memory of all services of a fleet together, idle and at the most while tracks go through it,
// in each placement; from the source, or from what `npm run build` has made, as images run it. Ends with 1 where `economy` takes more than half of what `default` does. Needs Linux's /proc.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createApiClient, whenEnded } from "@segue/client";
import { type RunningFleet, startFleet } from "@segue/launcher";
import { makeMaster } from "../chain/make-master.ts";
import { readProcesses, treeOf } from "../chain/process-cpu.ts";

const { values } = parseArgs({
  options: {
    tracks: { type: "string", default: "4" },
    minutes: { type: "string", default: "4" },
    build: { type: "string" },
  },
});
const everyMs = 200;
const settleMs = 3_000;
const allowedShare = 0.5;

/**
 * What the services have, and what they have started, ffmpeg say, now, in MiB. Pages that several share are counted once, in parts (PSS); what stands in
 * for a cloud is no part of it.
 */
function servicesMiB(fleet: RunningFleet): number {
  const all = readProcesses();
  const services = fleet.processes().filter(({ role }) => role === "service");
  const pids = new Set(services.flatMap(({ pid }) => treeOf(pid, all).map((stat) => stat.pid)));
  return [...pids].reduce((sum, pid) => sum + proportionalKiB(pid), 0) / 1_024;
}

/** 0 for one that has ended meanwhile. */
function proportionalKiB(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function measure(placement: string, dir: string) {
  const dataDir = join(dir, placement);
  const masters = mkdtempSync(join(dir, "masters-"));
  const program = values.build === undefined ? {} : { buildDir: resolve(values.build) };
  const fleet = await startFleet({ dataDir, apiPort: 0, env: { SEGUE_PLACEMENT: placement }, ...program });
  const api = createApiClient(fleet.apiUrl);
  try {
    await delay(settleMs);
    const idleMiB = servicesMiB(fleet);
    let mostMiB = idleMiB;
    const watch = setInterval(() => {
      mostMiB = Math.max(mostMiB, servicesMiB(fleet));
    }, everyMs);
    for (let seed = 1; seed <= Number(values.tracks); seed++) {
      const request = {
        seed,
        durationSec: Number(values.minutes) * 60,
        format: "mp3",
        dir: masters,
      } as const;
      const { path } = await makeMaster(request);
      const { id } = await api.postUpload({ body: readFileSync(path), fileName: `${seed}.mp3` });
      const track = await whenEnded(api, id, { pollMs: everyMs });
      if (track.state !== "done") throw new Error(`${id}: ${track.summary}`);
    }
    clearInterval(watch);
    return { idleMiB, mostMiB };
  } finally {
    await api[Symbol.asyncDispose]();
    await fleet.stop();
  }
}

const dir = mkdtempSync(join(tmpdir(), "segue-bench-memory-"));
try {
  const usual = await measure("default", dir);
  const thrifty = await measure("economy", dir);
  for (const [name, { idleMiB, mostMiB }] of Object.entries({ default: usual, economy: thrifty }))
    console.log(`${name}: services have ${idleMiB.toFixed(0)} MiB idle, ${mostMiB.toFixed(0)} MiB at most`);
  const share = thrifty.mostMiB / usual.mostMiB;
  console.log(
    `economy beside default: ${share.toFixed(2)} of it at most, ${(thrifty.idleMiB / usual.idleMiB).toFixed(2)} idle`,
  );
  if (share > allowedShare) {
    console.error(`expected ${allowedShare} of it at most`);
    process.exitCode = 1;
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
