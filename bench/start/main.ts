// What a process of a fleet takes until it is ready, from the source and from a build, in turns: `npm run bench start -- --rounds 5`.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startFleet } from "@segue/launcher";
import { readProcess } from "../chain/process-cpu.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, json: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
const dir = await mkdtemp(join(tmpdir(), "segue-bench-start-"));
const buildDir = join(dir, "build");
const ways = { source: {}, build: { buildDir } } as const;
type Way = keyof typeof ways;

interface Sample {
  readonly service: string;
  readonly cpuSec: number;
  readonly residentMiB: number;
}

async function startOnce(way: Way): Promise<Sample[]> {
  const dataDir = await mkdtemp(join(dir, "data-"));
  const fleet = await startFleet({ dataDir, apiPort: 0, ...ways[way] });
  const services = fleet.processes().filter(({ role }) => role === "service");
  const samples = services.map(({ service, pid }) => ({
    service,
    cpuSec: (readProcess(pid)?.ownCpuMs ?? 0) / 1_000,
    residentMiB: residentMiB(pid),
  }));
  await fleet.stop();
  return samples;
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

try {
  const script = fileURLToPath(new URL("../../scripts/build.ts", import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning"];
  execFileSync(process.execPath, [...flags, script, "--out", buildDir], { stdio: "inherit" });
  const taken: Record<Way, Sample[]> = { source: [], build: [] };
  // The first start of each fills what is compiled and cached, and counts for nothing.
  for (let round = 0; round <= rounds; round++)
    for (const way of ["source", "build"] as const) {
      const samples = await startOnce(way);
      if (round > 0) taken[way].push(...samples);
    }
  const rows = [...new Set(taken.source.map(({ service }) => service))].map((service) => {
    const of = (way: Way, what: "cpuSec" | "residentMiB") =>
      median(taken[way].filter((sample) => sample.service === service).map((sample) => sample[what]));
    return {
      service,
      source: { cpuSec: of("source", "cpuSec"), residentMiB: of("source", "residentMiB") },
      build: { cpuSec: of("build", "cpuSec"), residentMiB: of("build", "residentMiB") },
    };
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ rounds, services: rows }, null, 2)}\n`);
  else {
    console.log(`until ready, medians of ${rounds}:   CPU-s source  build   resident MiB source  build`);
    for (const { service, source, build } of rows) {
      const cells = [
        source.cpuSec.toFixed(2),
        build.cpuSec.toFixed(2),
        source.residentMiB.toFixed(0),
        build.residentMiB.toFixed(0),
      ];
      console.log(`${service.padEnd(34)}${cells.map((cell) => cell.padStart(10)).join("")}`);
    }
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}
