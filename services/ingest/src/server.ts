import { connect, countOpenTracks } from "@segue/catalog-db";
import type { RunningService, ServerContext } from "@segue/step";
import type { ApiContext } from "./api-context.ts";
import { createApp } from "./app.ts";
import { type IngestConfig, readIngestConfig } from "./config.ts";
import { createOpenTracks } from "./open-tracks.ts";
import { createPublisher } from "./publisher.ts";
import { openSource } from "./source/open-source.ts";
import { createTrackObjects } from "./track-objects.ts";
import { createMasters } from "./upload/masters.ts";

/** Starts the API. It needs the database for results only: without it, tracks are still taken in. */
export async function startIngest(context: ServerContext): Promise<RunningService> {
  const config = readIngestConfig(context.env);
  let notReady: string | undefined = "starting";
  const { api, pool } = createContext(context, config, () => notReady);
  const app = await createApp(api);
  const url = await app.listen({ host: config.host, port: config.port });
  notReady = undefined;
  context.log.info({ url }, "the API listens");

  return {
    notReady: () => notReady,
    async drain() {
      notReady = "draining";
      // What has not come whole within the budget is cut; its client is told by the broken connection.
      const timer = setTimeout(() => app.server.closeAllConnections(), Math.max(100, config.drainMs - 1_000));
      await app.close();
      clearTimeout(timer);
      await pool.end();
    },
  };
}

function createContext(context: ServerContext, config: IngestConfig, notReady: () => string | undefined) {
  const { chain, names, store, pubsub, log } = context;
  const pool = connect({
    connectionString: config.databaseUrl,
    maxConnections: 4,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    applicationName: "segue-ingest",
    onIdleError: (error) => log.debug({ error }, "an idle connection broke"),
  });
  const source = { store, names, allowPrivate: config.allowPrivateSources, idleMs: config.pace.idleMs };
  const api: ApiContext = {
    chain,
    names,
    config,
    store,
    pool,
    masters: createMasters(store, names, config.pace, log),
    objects: createTrackObjects(store, names),
    publisher: createPublisher(pubsub, names),
    openTracks: createOpenTracks({
      limit: config.maxOpenTracks,
      count: () => countOpenTracks(pool, config.maxOpenTracks),
      log,
    }),
    log,
    openSource: (url, signal) => openSource(url, signal, source),
    notReady,
    now: () => new Date(),
  };
  return { api, pool };
}
