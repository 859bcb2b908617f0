import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  type CloudEnv,
  type ProcessEvent,
  projectFleetUrl,
  type RunningFleet,
  startFleet,
} from "@segue/launcher";
import { isServer, loadFleet } from "@segue/step";
import type { ObjectStore } from "@segue/store";
import { storeOf } from "../support/cloud.ts";
import { openCatalog, readCatalog } from "./catalog-state.ts";
import type { RunState } from "./invariants.ts";
import { readObjects } from "./object-state.ts";
import type { ChaosOptions } from "./options.ts";
import { processesNaming } from "./process-tree.ts";

/** A fleet of real processes, and the cloud below it as nothing in between sees it. */
export interface ChaosFleet {
  readonly fleet: RunningFleet;
  readonly cloud: CloudEnv;
  readonly store: ObjectStore;
  readonly dataDir: string;
  readonly tmpDir: string;
}

export interface StartOptions {
  readonly dataDir: string;
  /** Processes per service with steps. */
  readonly replicas: number;
  /** The project's own by default. */
  readonly fleetUrl?: string;
  /** As the environment says by default. */
  readonly placed?: ChaosOptions["placed"];
  readonly env?: Readonly<Record<string, string>>;
  route?(cloud: CloudEnv): Promise<Partial<CloudEnv>>;
  onProcess?(event: ProcessEvent): void;
}

export async function startChaosFleet(options: StartOptions): Promise<ChaosFleet> {
  const { dataDir, replicas, fleetUrl = projectFleetUrl, placed, route, onProcess } = options;
  const placements = placementsOf(placed);
  const [placement, besidePlacement] = placements;
  const fleets = placements.map((name) => loadFleet(fleetUrl, { SEGUE_PLACEMENT: name }));
  const services = (await Promise.all(fleets)).flatMap((fleet) => [...fleet.services]);
  const stepped = services.filter(([, service]) => !isServer(service)).map(([name]) => name);
  const tmpDir = join(dataDir, "tmp");
  await mkdir(tmpDir, { recursive: true });
  let cloud: CloudEnv | undefined;
  const fleet = await startFleet({
    dataDir,
    fleetUrl,
    apiPort: 0,
    env: { ...options.env, SEGUE_PLACEMENT: placement, TMPDIR: tmpDir },
    ...(besidePlacement ? { besidePlacement } : {}),
    replicas: Object.fromEntries(stepped.map((name) => [name, replicas])),
    async route(direct) {
      cloud = direct;
      return (await route?.(direct)) ?? {};
    },
    ...(onProcess ? { onProcess } : {}),
  });
  if (!cloud) throw new Error("expected the fleet to say where its cloud is");
  return { fleet, cloud, store: storeOf(cloud), dataDir, tmpDir };
}

/** One, or that of the servers and the one beside it. */
function placementsOf(placed: string = process.env.SEGUE_PLACEMENT ?? "default"): readonly [string, string?] {
  return placed === "both" ? ["default", "economy"] : [placed];
}

export async function readRunState({ cloud, store }: ChaosFleet): Promise<RunState> {
  const pool = openCatalog(cloud.DATABASE_URL);
  try {
    return { catalog: await readCatalog(pool), objects: await readObjects(store) };
  } finally {
    await pool.end();
  }
}

/** What a fleet has left behind once it has stopped: processes, files for the moment, sockets. */
export async function findLeftovers({ fleet, dataDir, tmpDir }: ChaosFleet): Promise<string[]> {
  let left = processesNaming(dataDir);
  // Whoever was told to end a moment ago may still be on its way out.
  for (let tries = 0; left.length > 0 && tries < 20; tries++) {
    await delay(100);
    left = processesNaming(dataDir);
  }
  const files = async (dir: string) => (await readdir(dir).catch(() => [])).map((name) => join(dir, name));
  const socket = fleet.env.SEGUE_CPU_SLOTS_SOCKET ?? "";
  const sockets = (await files(join(socket, ".."))).filter((path) => path === socket);
  return [
    ...left.map(({ pid, command }) => `process ${pid}: ${command}`),
    ...(await files(join(dataDir, "scratch"))),
    ...(await files(tmpDir)),
    ...sockets,
  ];
}
