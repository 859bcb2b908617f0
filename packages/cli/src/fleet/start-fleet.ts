import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createNames, deriveTopology } from "@segue/chain";
import { loadFleet } from "@segue/step";
import { createPubSub } from "@segue/step/runner";
import { createObjectStore } from "@segue/store";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { ensureTopology } from "./ensure-topology.ts";
import { findFreePort } from "./free-port.ts";
import { type ManagedProcess, type ProcessSpec, startProcess } from "./managed-process.ts";
import { type SlotServer, startSlotServer } from "./slot-server.ts";

export interface FleetOptions {
  /** Holds all state; made if it is missing. */
  readonly dataDir: string;
  /** The API's port on the loopback interface; the first choice when it is free, else any. Default 8080. */
  readonly apiPort?: number;
  /** Module that exports the fleet; the project's own `segue.config.ts` by default. */
  readonly fleetUrl?: string;
  /**
   * More variables for every service. A part of the cloud that they name (`PUBSUB_EMULATOR_HOST`, `SEGUE_GCS_ENDPOINT`,
   * `DATABASE_URL`) is used as it is, and its local stand-in is not started.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Told, in words, of processes that end and are started again. */
  log?(line: string): void;
}

export interface RunningFleet extends AsyncDisposable {
  readonly apiUrl: string;
  /** As the services see the local cloud: `PUBSUB_EMULATOR_HOST`, `SEGUE_GCS_ENDPOINT`, `DATABASE_URL`, ... */
  readonly env: Readonly<Record<string, string>>;
  processes(): readonly { readonly name: string; readonly pid: number }[];
  /** Drains services first, then stops the local cloud. Nothing runs afterwards. */
  stop(): Promise<void>;
  /** Kills every process at once and keeps the data folder, as a power cut would: for tests of what survives. */
  kill(): Promise<void>;
}

export const projectFleetUrl = new URL("../../../../segue.config.ts", import.meta.url).href;
const mainFile = fileURLToPath(new URL("../main.ts", import.meta.url));
const localCloudFile = (name: string) =>
  fileURLToPath(new URL(`./${name}-main.ts`, import.meta.resolve("@segue/local-cloud")));

/** Past these a process that does not stop is killed. */
const serviceStopMs = 15_000;
const cloudStopMs = 10_000;
const restartDelayMs = 500;

/**
 * Starts the local cloud and every service of the fleet, each as a process of its own, and keeps them running: one
 * that ends is started again. The process list derives from the fleet.
 *
 * @throws {DataFolderBusyError} if a fleet runs on the folder; any error of a process that can't start.
 */
export async function startFleet(options: FleetOptions): Promise<RunningFleet> {
  const fleetUrl = options.fleetUrl ?? projectFleetUrl;
  const fleet = await loadFleet(fleetUrl);
  const folder = await openDataFolder(options.dataDir);
  const slots = await startSlotServer(cpuSocketPath(), availableParallelism());
  const supervisor = createSupervisor(folder, slots, options.log ?? (() => {}));
  try {
    const cloudEnv = await startLocalCloud(supervisor, folder, options.env ?? {});
    const apiPort = await findFreePort(options.apiPort ?? 8080);
    const env = {
      SEGUE_API_HOST: "127.0.0.1",
      SEGUE_API_PORT: String(apiPort),
      SEGUE_SCRATCH_DIR: folder.scratchDir,
      SEGUE_CPU_SLOTS_SOCKET: slots.socketPath,
      ...options.env,
      ...cloudEnv,
    };
    await createTopology(fleet.chain, env);
    const services = [...fleet.services.keys()].map((name) => ({
      name,
      args: [mainFile, "service", name, "--fleet", fleetUrl],
      env,
    }));
    await supervisor.startAll(services, "service");
    const stop = once(() => supervisor.stop());
    return {
      apiUrl: `http://127.0.0.1:${apiPort}`,
      env,
      processes: supervisor.processes,
      stop,
      kill: () => supervisor.kill(),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

/** Where services find the local cloud: the same variables that name a real one. */
type CloudEnv = Record<
  "GOOGLE_CLOUD_PROJECT" | "PUBSUB_EMULATOR_HOST" | "SEGUE_GCS_ENDPOINT" | "DATABASE_URL",
  string
>;

/** The local cloud's processes: what each needs to be told, and what services are told of it. */
const cloudParts = [
  {
    name: "pubsub",
    portVariable: "SEGUE_PUBSUB_PORT",
    variable: "PUBSUB_EMULATOR_HOST",
    address: (port: number) => `127.0.0.1:${port}`,
  },
  {
    name: "gcs",
    portVariable: "SEGUE_GCS_PORT",
    variable: "SEGUE_GCS_ENDPOINT",
    address: (port: number) => `http://127.0.0.1:${port}`,
  },
  {
    name: "postgres",
    portVariable: "SEGUE_POSTGRES_PORT",
    variable: "DATABASE_URL",
    address: (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  },
] as const;

async function startLocalCloud(
  supervisor: Supervisor,
  folder: DataFolder,
  given: Readonly<Record<string, string>>,
): Promise<CloudEnv> {
  const cloud: CloudEnv = {
    GOOGLE_CLOUD_PROJECT: given.GOOGLE_CLOUD_PROJECT ?? "segue-local",
    PUBSUB_EMULATOR_HOST: given.PUBSUB_EMULATOR_HOST ?? "",
    SEGUE_GCS_ENDPOINT: given.SEGUE_GCS_ENDPOINT ?? "",
    DATABASE_URL: given.DATABASE_URL ?? "",
  };
  const specs: ProcessSpec[] = [];
  for (const { name, portVariable, variable, address } of cloudParts) {
    if (cloud[variable]) continue;
    // The port is chosen here: a process that is started again must be where the others know it.
    const port = await findFreePort(0);
    cloud[variable] = address(port);
    const env = { SEGUE_DATA_DIR: folder.path, [portVariable]: String(port) };
    specs.push({ name, args: [localCloudFile(name)], env });
  }
  await supervisor.startAll(specs, "cloud");
  return cloud;
}

async function createTopology(chain: Parameters<typeof deriveTopology>[0], env: CloudEnv): Promise<void> {
  const projectId = env.GOOGLE_CLOUD_PROJECT;
  const pubsub = createPubSub(projectId, { apiEndpoint: env.PUBSUB_EMULATOR_HOST, emulatorMode: true });
  const store = createObjectStore({ projectId, apiEndpoint: env.SEGUE_GCS_ENDPOINT });
  await ensureTopology(pubsub, store, deriveTopology(chain, createNames("segue")));
  await pubsub.close();
}

/** Short and unique: the path of a socket may not exceed some 100 bytes. */
function cpuSocketPath(): string {
  const name = `segue-cpu-${process.pid}-${Date.now().toString(36)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

type Role = "cloud" | "service";

interface Supervisor {
  /** Resolves when all of them are ready. */
  startAll(specs: readonly ProcessSpec[], role: Role): Promise<void>;
  processes(): readonly { readonly name: string; readonly pid: number }[];
  stop(): Promise<void>;
  kill(): Promise<void>;
}

function createSupervisor(folder: DataFolder, slots: SlotServer, log: (line: string) => void): Supervisor {
  const live = new Map<string, { process: ManagedProcess; role: Role }>();
  let stopping = false;

  const start = (spec: ProcessSpec, role: Role): ManagedProcess => {
    const process = startProcess(spec, folder.logDir);
    live.set(spec.name, { process, role });
    void process.exited.then(({ code, signal }) => {
      if (stopping) return;
      log(`${spec.name} ended (${signal ?? `exit code ${code}`}); starting it again`);
      setTimeout(() => {
        if (stopping) return;
        start(spec, role);
        void remember();
      }, restartDelayMs);
    });
    return process;
  };
  const remember = () => folder.rememberProcesses([...live.values()].map(({ process }) => process.pid));
  const stopRole = async (role: Role, limitMs: number) => {
    const processes = [...live.values()].filter((entry) => entry.role === role).map((entry) => entry.process);
    for (const process of processes) process.kill("SIGTERM");
    const timer = setTimeout(() => {
      for (const process of processes) process.kill("SIGKILL");
    }, limitMs);
    await Promise.all(processes.map((process) => process.exited));
    clearTimeout(timer);
  };

  return {
    async startAll(specs, role) {
      const started = specs.map((spec) => start(spec, role));
      await remember();
      await Promise.all(started.map((process) => process.ready));
    },
    processes: () => [...live.values()].map(({ process }) => ({ name: process.name, pid: process.pid })),
    async kill() {
      stopping = true;
      for (const { process } of live.values()) process.kill("SIGKILL");
      await Promise.all([...live.values()].map(({ process }) => process.exited));
      await slots[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
    async stop() {
      stopping = true;
      await stopRole("service", serviceStopMs);
      await stopRole("cloud", cloudStopMs);
      await slots[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= action();
    return running;
  };
}
