import { mkdir, statfs } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { availableParallelism, totalmem } from "node:os";
import type { Fleet } from "@segue/step";
import { findFreePort } from "../fleet/free-port.ts";
import { formatBytes } from "../start/format-text.ts";

/** What was looked at, and what was found. */
export interface Diagnosis {
  readonly what: string;
  readonly verdict: "ok" | "warning" | "problem";
  readonly found: string;
  /** What to do about it; null when all is well. */
  readonly remedy: string | null;
}

export interface ExamineOptions {
  readonly fleet: Fleet;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute. */
  readonly dataDir: string;
  readonly apiPort: number;
}

const timeoutMs = 5_000;
const needed = { cores: 2, memoryGiB: 4, diskBytes: 5e9, nodeMajor: 22 };

const ok = (what: string, found: string): Diagnosis => ({ what, verdict: "ok", found, remedy: null });
const warning = (what: string, found: string, remedy: string): Diagnosis => ({
  what,
  verdict: "warning",
  found,
  remedy,
});
const problem = (what: string, found: string, remedy: string): Diagnosis => ({
  what,
  verdict: "problem",
  found,
  remedy,
});
const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Looks at everything that a fleet needs of this machine and of what its environment names. Nothing is changed. */
export async function examine(options: ExamineOptions): Promise<Diagnosis[]> {
  const machine = [examineNode(), examineMachine(), await examineDisk(options), await examinePort(options)];
  const programs = [await examineFfmpeg(), ...(await examineSteps(options.fleet))];
  const cloud = await Promise.all([
    examineDatabase(options.env.DATABASE_URL),
    examineHost("Pub/Sub", "PUBSUB_EMULATOR_HOST", options.env),
    examineHost("Cloud Storage", "SEGUE_GCS_ENDPOINT", options.env),
  ]);
  return [...machine, ...programs, ...cloud];
}

function examineNode(): Diagnosis {
  const major = Number(process.versions.node.split(".")[0]);
  if (major === needed.nodeMajor) return ok("Node", process.version);
  const remedy = `run commands through npm: it brings Node ${needed.nodeMajor}`;
  return problem("Node", process.version, remedy);
}

function examineMachine(): Diagnosis {
  const [cores, memoryGiB] = [availableParallelism(), totalmem() / 2 ** 30];
  const found = `${cores} cores, ${memoryGiB.toFixed(0)} GiB`;
  if (cores >= needed.cores && memoryGiB >= needed.memoryGiB) return ok("machine", found);
  return warning("machine", found, `${needed.cores} cores and ${needed.memoryGiB} GiB let every service run`);
}

async function examineDisk({ dataDir }: ExamineOptions): Promise<Diagnosis> {
  try {
    await mkdir(dataDir, { recursive: true });
    const { bavail, bsize } = await statfs(dataDir);
    const found = `${formatBytes(bavail * bsize)} free in ${dataDir}`;
    if (bavail * bsize >= needed.diskBytes) return ok("disk", found);
    return warning("disk", found, "PCM takes 10 MB a minute for a day: use --data to keep state elsewhere");
  } catch (error) {
    return problem("disk", wordsOf(error), "name a folder that can be written with --data");
  }
}

async function examinePort({ apiPort }: ExamineOptions): Promise<Diagnosis> {
  const port = await findFreePort(apiPort);
  if (port === apiPort) return ok("API port", `${apiPort} is free`);
  return warning("API port", `${apiPort} is in use`, "another one will be taken; or name one with --port");
}

async function examineFfmpeg(): Promise<Diagnosis> {
  try {
    const { findFfmpeg } = await import("@segue/audio");
    const { path, version, source, warning: words } = await findFfmpeg();
    const found = `${version} (${source}, ${path})`;
    return words === null ? ok("ffmpeg", found) : warning("ffmpeg", found, words);
  } catch (error) {
    return problem("ffmpeg", wordsOf(error), "install ffmpeg, or set FFMPEG_BIN to one");
  }
}

/** What a step's workers do when they start: models are loaded and verified, programs looked for. */
async function examineSteps({ chain }: Fleet): Promise<Diagnosis[]> {
  const all: Diagnosis[] = [];
  for (const step of chain.steps) {
    const what = `step ${step.name}`;
    try {
      await step.setup();
      const model = step.model ? `, model ${step.model.name} ${step.model.version}` : "";
      all.push(ok(what, `version ${step.version} is ready${model}`));
    } catch (error) {
      all.push(problem(what, wordsOf(error), "its workers would never become ready: mend what it says"));
    }
  }
  return all;
}

async function examineDatabase(url: string | undefined): Promise<Diagnosis> {
  if (!url) return ok("Postgres", "embedded (DATABASE_URL is not set)");
  const { connect } = await import("@segue/catalog-db");
  const pool = connect({
    connectionString: url,
    maxConnections: 1,
    connectTimeoutMs: timeoutMs,
    statementTimeoutMs: timeoutMs,
    applicationName: "segue-doctor",
    onIdleError: () => {},
  });
  try {
    const { rows } = await pool.query<{ version: string }>(
      "select current_setting('server_version') as version",
    );
    return ok("Postgres", `${rows[0]?.version} answers`);
  } catch (error) {
    return problem("Postgres", `DATABASE_URL: ${wordsOf(error)}`, "start it, or unset DATABASE_URL");
  } finally {
    await pool.end();
  }
}

async function examineHost(what: string, variable: string, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const address = env[variable];
  if (!address) return ok(what, `the local cloud's (${variable} is not set)`);
  const url = URL.parse(/^https?:\/\//.test(address) ? address : `http://${address}`);
  if (!url) return problem(what, `${variable} is "${address}"`, "expected host:port or a URL");
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const error = await tryToConnect(url.hostname, port);
  if (error === null) return ok(what, `${variable}: ${address} takes connections`);
  return problem(what, `${variable}: ${address}: ${error}`, `start it, or unset ${variable}`);
}

/** Null when a connection was made. */
function tryToConnect(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, timeout: timeoutMs });
    const end = (result: string | null) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => end(null));
    socket.once("timeout", () => end(`no answer within ${timeoutMs / 1000} s`));
    socket.once("error", (error) => end(error.message || error.name));
  });
}
