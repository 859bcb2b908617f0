import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { buildPageIfStale } from "@segue/dashboard/build";
import { transferFlags } from "@segue/host/node-flags";
import { findFreePort } from "@segue/local-cloud/free-port";
import { type Fleet, loadFleet } from "@segue/step";
import { readGrantsEnforced, readServiceStopMs } from "./config.ts";
import { createTopology } from "./create-topology.ts";
import { openDataFolder } from "./data-folder.ts";
import type { ProcessSpec } from "./managed-process.ts";
import { type DoorOptions, type Doors, planDoors } from "./plan-doors.ts";
import { projectFleetUrl } from "./project-fleet.ts";
import { readReceiptKey } from "./receipt-key.ts";
import { announceFleet, readFleetId, withdrawFleet } from "./running-fleet.ts";
import { programOf, type ServiceProgram } from "./service-program.ts";
import { startSlotServer } from "./slot-server.ts";
import { type CloudEnv, cloudParts, startLocalCloud } from "./start-local-cloud.ts";
import { createSupervisor, type FleetProcess, type ProcessEvent } from "./supervisor.ts";

export interface FleetOptions {
  /** Holds all state; made if it is missing. */
  readonly dataDir: string;
  /** The API's port on the loopback interface; the first choice when it is free, else any. Default 8080. */
  readonly apiPort?: number;
  /** Module that exports the fleet; the project's own `segue.config.ts` by default. */
  readonly fleetUrl?: string;
  /** Folder that `npm run build` has made: services start from there, with the fleet's module that is in it. */
  readonly buildDir?: string;
  /**
   * More variables for every service. A part of the cloud that they name (`PUBSUB_EMULATOR_HOST`, `SEGUE_GCS_ENDPOINT`,
   * `DATABASE_URL`) is used as it is, and its local stand-in is not started.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Processes of a service; one of each that is not named. The API listens on one port: one is all it can have here. */
  readonly replicas?: Readonly<Record<string, number>>;
  /** Another placement, whose services run too, as they do while one takes over from the other. Behind doors they have none. */
  readonly besidePlacement?: string;
  /**
   * Told where the cloud is once it runs; answers with what services are told instead: the addresses of something in
   * between, say. Topics, subscriptions and buckets are made without it.
   */
  route?(cloud: CloudEnv): Promise<Partial<CloudEnv>>;
  /**
   * Services come to the local cloud each through a door of its own, and may do there what their definitions grant them; null: they may do
   * everything. As `SEGUE_LOCAL_GRANTS` says when undefined. Behind a route there are no doors.
   */
  readonly doors?: DoorOptions | null;
  /** Aborted while the fleet starts: what has started is stopped, and the start fails with its reason. */
  readonly signal?: AbortSignal;
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

/**
 * Starts the local cloud and every service of the fleet, each as a process of its own, and keeps them running: one
 * that ends is started again. The process list derives from the fleet.
 *
 * @throws {DataFolderBusyError} if a fleet runs on the folder; {ConfigError}; any error of a process that can't start; the signal's reason.
 */
export async function startFleet(options: FleetOptions): Promise<RunningFleet> {
  const fleetUrl = options.fleetUrl ?? projectFleetUrl;
  const fleet = await loadFleet(fleetUrl, { ...process.env, ...options.env });
  const serviceStopMs = readServiceStopMs(options.env ?? {});
  if (options.buildDir === undefined) await buildDashboard(options);
  const folder = await openDataFolder(options.dataDir);
  const slots = await openSlots(folder);
  const supervisor = createSupervisor(folder, slots, { ...options, serviceStopMs });
  try {
    const doors = await openDoors(folder.path, fleet, options);
    const cloudEnv = await startLocalCloud(supervisor, folder, options.env ?? {}, doors?.file);
    const apiPort = await findFreePort(options.apiPort ?? 8080);
    const apiUrl = `http://127.0.0.1:${apiPort}`;
    const fleetId = await readFleetId(folder.path);
    const storage = await createTopology(fleet.chain, cloudEnv, options.env ?? {});
    const env = {
      SEGUE_FLEET_ID: fleetId,
      SEGUE_API_HOST: "127.0.0.1",
      SEGUE_API_PORT: String(apiPort),
      SEGUE_CPU_SLOTS_SOCKET: slots.socketPath,
      ...options.env,
      ...cloudEnv,
      ...storage,
      ...(await options.route?.(cloudEnv)),
    };
    // For whoever signs, and nobody else.
    const { SEGUE_RECEIPT_KEY: receiptKey = await readReceiptKey(folder.path) } = { ...process.env, ...env };
    const envOf = (service: string) => ({
      ...env,
      ...(service === "catalog" ? { SEGUE_RECEIPT_KEY: receiptKey } : {}),
      ...doors?.envOf(service),
    });
    const given = { ...options, fleetUrl, scratchDir: folder.scratchDir };
    const services = [
      ...serviceProcesses([...fleet.services.keys()], given, envOf),
      ...(await processesBeside(fleet, given, env)),
    ];
    await supervisor.startAll(services, "service");
    const { DATABASE_URL: databaseUrl, ...cloud } = cloudEnv;
    await announceFleet(folder.path, { fleetId, apiUrl, databaseUrl, cloud: { ...cloud, ...storage } });
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

/** A fleet without a dashboard is one all the same. */
async function buildDashboard({ log }: FleetOptions): Promise<void> {
  await buildPageIfStale().catch((error: unknown) => log?.(`the dashboard can't be built: ${error}`));
}

/** @param folder let go of where they can't be opened. */
async function openSlots(folder: AsyncDisposable): ReturnType<typeof startSlotServer> {
  try {
    return await startSlotServer(cpuSocketPath(), availableParallelism());
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

async function openDoors(
  dataDir: string,
  fleet: Fleet,
  { doors, env = {}, route }: FleetOptions,
): Promise<Doors | undefined> {
  const asked = doors === undefined ? readGrantsEnforced(env) && {} : doors;
  return asked && !route ? await planDoors(dataDir, fleet, env, asked) : undefined;
}

type Env = Readonly<Record<string, string>>;
type ProcessOptions = FleetOptions & { readonly fleetUrl: string; readonly scratchDir: string };

function serviceProcesses(
  services: readonly string[],
  { fleetUrl, buildDir, replicas = {}, scratchDir }: ProcessOptions,
  envOf: (service: string) => Env,
): ProcessSpec[] {
  const program = programOf(fleetUrl, buildDir);
  return services.flatMap((service) =>
    replicaNames(service, replicas[service] ?? 1).map((name) =>
      serviceProcess(program, { name, service, env: envOf(service), scratchDir: join(scratchDir, name) }),
    ),
  );
}

/** Those that only the placement beside the fleet's has. */
async function processesBeside(fleet: Fleet, options: ProcessOptions, env: Env): Promise<ProcessSpec[]> {
  const { besidePlacement: beside } = options;
  if (beside === undefined) return [];
  const { services } = await loadFleet(options.fleetUrl, { SEGUE_PLACEMENT: beside });
  const names = [...services.keys()].filter((name) => !fleet.services.has(name));
  return serviceProcesses(names, options, () => ({ ...env, SEGUE_PLACEMENT: beside }));
}

/** @param given its scratch folder is its own, and goes when the process does, as a pod's does. */
function serviceProcess(
  { file, fleetUrl, endWithParent, env: own }: ServiceProgram,
  given: Pick<ProcessSpec, "name" | "env"> & { readonly service: string; readonly scratchDir: string },
): ProcessSpec {
  const env = { ...given.env, ...own, SEGUE_SCRATCH_DIR: given.scratchDir };
  return { ...given, nodeFlags: transferFlags, args: [file, given.service, fleetUrl], env, endWithParent };
}

function replicaNames(service: string, count: number): string[] {
  return count === 1 ? [service] : Array.from({ length: count }, (_, index) => `${service}-${index + 1}`);
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
