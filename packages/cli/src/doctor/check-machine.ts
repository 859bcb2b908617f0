import { constants } from "node:fs";
import { access, readFile, statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { findFreePort } from "@segue/local-cloud/free-port";
import type { Fleet } from "@segue/step";
import { z } from "zod";
import { type Finding, ok, problem, warning } from "./finding.ts";

const gibBytes = 2 ** 30;

/** Below this not even a few tracks fit: the PCM of four minutes is 42 MB. */
const leastDiskBytes = gibBytes;
/** A track of three hours takes some 2 GB while it is under way. */
const comfortableDiskBytes = 10 * gibBytes;

/** What one service takes at its peak: the largest of a run over ordinary tracks (README, "memory per process"). */
const servicePeakMiB = 328;
/** Of the embedded Postgres, in the same run. */
const postgresPeakMiB = 377;

/** The Node that runs this, beside the one that the project brings along. */
export async function checkNode(version = process.versions.node): Promise<Finding> {
  const root = new URL("../../../../package.json", import.meta.url);
  const { devDependencies } = z
    .object({ devDependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(await readFile(root, "utf8")));
  const expected = devDependencies.node;
  if (majorOf(version) === majorOf(expected)) return ok("node", version);
  return warning(
    "node",
    `${version}; the project is tested with ${expected}`,
    "start through npm (`npm start`, `npm run segue`), which uses the Node that the project installs",
  );
}

const majorOf = (version: string) => version.split(".", 1)[0];

export function checkCpu(cores = availableParallelism()): Finding {
  if (cores > 1) return ok("cpu", `${cores} cores`);
  return warning(
    "cpu",
    "1 core: steps wait for each other",
    "give the machine, or the container, two or more",
  );
}

/** @param availableBytes what this process could take, a container's limit included. */
export function checkMemory(fleet: Fleet, availableBytes = process.availableMemory()): Finding {
  const availableMiB = Math.round(availableBytes / 2 ** 20);
  const peakMiB = fleet.services.size * servicePeakMiB + postgresPeakMiB;
  const largest = Math.max(0, ...fleet.chain.steps.map(({ budget }) => budget.memoryMiB));
  const detail = `${availableMiB} MiB available`;
  if (availableMiB < largest) {
    const needs = `${detail}; one attempt may take ${largest} MiB`;
    return problem("memory", needs, "stop other programs, or use a machine with more memory");
  }
  if (availableMiB >= peakMiB) return ok("memory", detail);
  const takes = `${detail}; a busy fleet takes up to ${peakMiB} MiB`;
  return warning("memory", takes, "stop other programs, or use a machine with more memory");
}

/** Whether the folder can be written, and how much fits into it. It need not exist yet. */
export async function checkDataFolder(path: string): Promise<Finding> {
  const remedy = "name a folder on a larger disk with --data";
  try {
    const existing = await nearestFolder(path);
    await access(existing, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(existing);
    const freeBytes = bavail * bsize;
    const detail = `${path}: ${(freeBytes / gibBytes).toFixed(1)} GiB free`;
    if (freeBytes < leastDiskBytes) return problem("data folder", detail, remedy);
    if (freeBytes < comfortableDiskBytes) return warning("data folder", detail, remedy);
    return ok("data folder", detail);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return problem("data folder", `${path}: ${why}`, "name a folder that can be written with --data");
  }
}

/** Where a folder will be made if it is missing: the first one above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  try {
    await statfs(path);
    return path;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isMissing || dirname(path) === path) throw error;
    return nearestFolder(dirname(path));
  }
}

/** @param port 0 for any. */
export async function checkPort(port: number): Promise<Finding> {
  if (port === 0) return ok("port", "the API takes any that is free");
  if ((await findFreePort(port)) === port) return ok("port", `${port} is free for the API`);
  const detail = `${port} is in use: the API of a fleet started now takes another one`;
  return warning("port", detail, "stop what listens there, perhaps a fleet, or choose one with --port");
}
