import { randomUUID } from "node:crypto";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createNames, deriveTopology } from "@segue/chain";
import { postgresUrl } from "@segue/local-cloud/postgres-url";
import { createPubSub } from "@segue/queue";
import { loadFleet } from "@segue/step";
import { createObjectStore } from "@segue/store";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { ensureTopology } from "./ensure-topology.ts";
import { forgetSteps } from "./forget-steps.ts";
import { findFreePort } from "./free-port.ts";
import { type ProcessSpec, transferFlags } from "./managed-process.ts";
import { cloudPings } from "./ping-cloud.ts";
import { projectFleetUrl } from "./project-fleet.ts";
import { announceFleet, readFleetId, withdrawFleet } from "./running-fleet.ts";
import { startSlotServer } from "./slot-server.ts";
import { createSupervisor, type FleetProcess, type ProcessEvent, type Supervisor } from "./supervisor.ts";

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
  /** Processes of a service; one of each that is not named. The API listens on one port: one is all it can have here. */
  readonly replicas?: Readonly<Record<string, number>>;
  /**
   * Told where the cloud is once it runs; answers with what services are told instead: the addresses of something in
   * between, say. Topics, subscriptions and buckets are made without it.
   */
  route?(cloud: CloudEnv): Promise<Partial<CloudEnv>>;
  /** Told, in words, of processes that end and are started again. */
  log?(line: string): void;
  /** Told of every process that starts, is ready, and ends. */
  onProcess?(event: ProcessEvent): void;
}

export interface RunningFleet extends AsyncDisposable {
  readonly apiUrl: string;
  /** As the services see the local cloud: `PUBSUB_EMULATOR_HOST`, `SEGUE_GCS_ENDPOINT`, `DATABASE_URL`, ...; and who they are. */
  readonly env: Readonly<Record<string, string>>;
  /** Of these variables, those that name a part of the cloud that this fleet started itself: their passwords are its own. */
  readonly ownParts: readonly string[];
  /** Of each name the one that runs now, or ran last. */
  processes(): readonly FleetProcess[];
  /** Drains services first, then stops the local cloud. Nothing runs afterwards. */
  stop(): Promise<void>;
  /** Kills every process at once and keeps the data folder, as a power cut would: for tests of what survives. */
  kill(): Promise<void>;
}

const mainFile = fileURLToPath(new URL("../main.ts", import.meta.url));
const localCloudFile = (name: string) =>
  fileURLToPath(new URL(`./${name}-main.ts`, import.meta.resolve("@segue/local-cloud")));

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
  const supervisor = createSupervisor(folder, slots, options);
  try {
    const cloudEnv = await startLocalCloud(supervisor, folder, options.env ?? {});
    const apiPort = await findFreePort(options.apiPort ?? 8080);
    const apiUrl = `http://127.0.0.1:${apiPort}`;
    const fleetId = await readFleetId(folder.path);
    const env = {
      SEGUE_FLEET_ID: fleetId,
      SEGUE_API_HOST: "127.0.0.1",
      SEGUE_API_PORT: String(apiPort),
      SEGUE_CPU_SLOTS_SOCKET: slots.socketPath,
      ...options.env,
      ...cloudEnv,
      ...(await options.route?.(cloudEnv)),
    };
    await createTopology(fleet.chain, cloudEnv, { isOurStorage: !options.env?.SEGUE_GCS_ENDPOINT });
    const services = [...fleet.services.keys()].flatMap((service) =>
      replicaNames(service, options.replicas?.[service] ?? 1).map((name): ProcessSpec => {
        // A folder of its own, which goes when the process does, as a pod's does.
        const scratchDir = join(folder.scratchDir, name);
        const args = [mainFile, "service", service, "--fleet", fleetUrl];
        return {
          name,
          service,
          nodeFlags: transferFlags,
          args,
          scratchDir,
          env: { ...env, SEGUE_SCRATCH_DIR: scratchDir },
        };
      }),
    );
    await supervisor.startAll(services, "service");
    const { DATABASE_URL: databaseUrl, ...cloud } = cloudEnv;
    await announceFleet(folder.path, { fleetId, apiUrl, databaseUrl, cloud });
    const stop = once(async () => {
      await withdrawFleet(folder.path);
      await supervisor.stop();
    });
    return {
      apiUrl,
      env,
      ownParts: cloudParts.map(({ variable }) => variable).filter((name) => !options.env?.[name]),
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
export type CloudEnv = Record<
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
    address: (port: number, password: string) => postgresUrl("127.0.0.1", port, password),
  },
] as const;

function replicaNames(service: string, count: number): string[] {
  return count === 1 ? [service] : Array.from({ length: count }, (_, index) => `${service}-${index + 1}`);
}

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
    const password = randomUUID();
    cloud[variable] = address(port, password);
    const env = {
      SEGUE_DATA_DIR: folder.path,
      [portVariable]: String(port),
      ...(name === "postgres" ? { SEGUE_POSTGRES_PASSWORD: password } : {}),
    };
    const ping = cloudPings[name](cloud[variable]);
    const nodeFlags = name === "gcs" ? transferFlags : [];
    specs.push({ name, service: name, nodeFlags, args: [localCloudFile(name)], env, ping });
  }
  await supervisor.startAll(specs, "cloud");
  return cloud;
}

async function createTopology(
  chain: Parameters<typeof deriveTopology>[0],
  env: CloudEnv,
  { isOurStorage }: { readonly isOurStorage: boolean },
): Promise<void> {
  const projectId = env.GOOGLE_CLOUD_PROJECT;
  const pubsub = createPubSub(projectId, { apiEndpoint: env.PUBSUB_EMULATOR_HOST, emulatorMode: true });
  const store = createObjectStore({ projectId, apiEndpoint: env.SEGUE_GCS_ENDPOINT });
  const names = createNames("segue");
  try {
    await ensureTopology(pubsub, store, deriveTopology(chain, names));
    // Others may be at work in a storage that was given.
    if (isOurStorage) await forgetSteps(store, names);
  } finally {
    await pubsub.close();
  }
}

/** Short and unique: the path of a socket may not exceed some 100 bytes. */
function cpuSocketPath(): string {
  const name = `segue-cpu-${process.pid}-${Date.now().toString(36)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= action();
    return running;
  };
}
