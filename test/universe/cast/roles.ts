import { readRunnerConfig } from "@segue/host";
import { isServer, type RunningService, type ServerDefinition } from "@segue/step";
import { runSteps } from "../../../packages/host/src/run-steps.ts";
import { startServer } from "../../../packages/host/src/start-server.ts";
import { startCatalog } from "../../../services/catalog/src/server.ts";
import { startFetch } from "../../../services/fetch/src/server.ts";
import { togetherService } from "../fleet/define-toy-fleet.ts";
import type { Cloud } from "../world/cloud.ts";
import { createContext } from "./context.ts";
import type { Role } from "./process.ts";
import { chainPollMs, serverEnv, workerEnv } from "./settings.ts";

/** Runs the steps of one service of the toy fleet, as a worker of the product does. */
export function workerRole(name: string): Role {
  return {
    name,
    async start(cloud, release, owner) {
      // Where there is no such service, all steps live together.
      const placed = release.fleet.services.has(name) ? name : togetherService;
      const service = release.fleet.services.get(placed);
      if (!service || isServer(service)) throw new TypeError(`no steps in ${placed}`);
      const config = readRunnerConfig(workerEnv(owner.name));
      const context = createContext(cloud, release.fleet, {});
      return runSteps({
        context,
        config,
        service,
        keepsLedger: placed === togetherService,
        fleetUrl: release.fleetUrl,
        onEnded: ({ step, ending }) => cloud.scheduler.note(`${step ?? placed} ended: ${ending}`),
      });
    },
  };
}

function serverRole(server: ServerDefinition): Role {
  return {
    name: server.name,
    start: (cloud: Cloud, release) =>
      startServer(server, createContext(cloud, release.fleet, serverEnv), { pollMs: chainPollMs }),
  };
}

export const catalogRole = serverRole({ name: "catalog", start: startCatalog });

/** The service that fetches sources. */
export const fetchRole: Role = {
  name: "fetch",
  start: (cloud, release, { name }) =>
    startServer(
      { name: "fetch", start: startFetch },
      createContext(cloud, release.fleet, { ...serverEnv, SEGUE_WORKER: name }),
      { pollMs: chainPollMs },
    ),
};

/** The API, called without a socket. */
export function apiRole(onStarted: (api: Api) => void): Role {
  return serverRole({ name: "ingest", start: (context) => startApi(context, onStarted) });
}

export type Api = Awaited<ReturnType<typeof createApp>>;

async function startApi(
  context: Parameters<ServerDefinition["start"]>[0],
  onStarted: (api: Api) => void,
): Promise<RunningService> {
  const api = createApiContext({
    ...context,
    config: readIngestConfig(context.env),
    notReady: () => undefined,
  });
  const app = await createApp(api);
  await app.ready();
  onStarted(app);
  return {
    notReady: () => undefined,
    async drain() {
      await app.close();
      await api.announcements.settled();
      await api.close();
    },
  };
}

import { createApp } from "../../../services/ingest/src/app.ts";
import { readIngestConfig } from "../../../services/ingest/src/config.ts";
import { createApiContext } from "../../../services/ingest/src/create-api-context.ts";
