import {
  createBackfillObjects,
  createCorrectionObjects,
  createFetchObjects,
  createRequestObjects,
  createTakedownObjects,
  createTrackObjects,
  createUploadObjects,
} from "@segue/artifacts";
import { connect, createDeliveryLog, createWebhookRows } from "@segue/catalog-db";
import type { Page } from "@segue/dashboard";
import { createMasters, createSpool } from "@segue/intake";
import * as queue from "@segue/queue";
import type { ServerContext } from "@segue/step";
import { createAnnouncements } from "./announcements.ts";
import type { ApiContext } from "./api-context.ts";
import { askThrough, createCatalogReads, createSearchReads } from "./catalog-reads.ts";
import { followFeed } from "./changes/follow-feed.ts";
import { createHeldRequests } from "./changes/held-requests.ts";
import { type StreamPaces, streamPaces } from "./changes/stream-changes.ts";
import { createClientOf } from "./client-of.ts";
import type { IngestConfig } from "./config.ts";
import { createApiEvents } from "./events.ts";
import { createJobObjects } from "./job-objects.ts";
import { createAccess } from "./keys/create-access.ts";
import type { KeyPaces } from "./keys/find-key.ts";
import type { RightsPaces } from "./keys/watch-rights.ts";
import { createUploadSlots } from "./limit-uploads.ts";
import { createKeyedRequests } from "./once/keyed-requests.ts";
import { createPublisher } from "./publisher.ts";
import { createRefusedMasters } from "./refused-masters.ts";

export interface ApiContextOptions
  extends Pick<ServerContext, "chain" | "names" | "store" | "pubsub" | "log" | "meter" | "news"> {
  readonly config: IngestConfig;
  /** As in production when left out. */
  readonly streamPaces?: StreamPaces;
  readonly keyPaces?: KeyPaces;
  /** None when left out. */
  readonly page?: Page | undefined;
  readonly rightsPaces?: RightsPaces;
  notReady(): string | undefined;
}

/** What the routes work with; the caller's to close. */
export function createApiContext(options: ApiContextOptions): ApiContext {
  const { chain, names, store, pubsub, log, meter, news, config, notReady } = options;
  const pool = connectTo(options, "segue-ingest", 4);
  const searching = connectTo(options, "segue-ingest-search", 2);
  const catalog = createCatalogReads(pool);
  const publisher = createPublisher(queue.createPublisher(queue.createSend(pubsub, names), chain));
  const feed = followFeed({ catalog, news, log, announceWanted: () => publisher.announceChangesWanted() });
  const now = () => new Date();
  const { keyPaces, rightsPaces } = options;
  const access = createAccess({ pool, config, log, keyPaces, rightsPaces, now });
  const clientOf = createClientOf(config.proxies);
  const held = createHeldRequests({
    ...{ limit: config.maxStreams, clientOf, isTaken: access.isTaken },
    ...(options.keyPaces ? { askEveryMs: options.keyPaces.askAgainMs } : {}),
  });
  return {
    chain,
    names,
    config,
    store,
    catalog,
    search: createSearchReads(searching),
    webhooks: askThrough(createWebhookRows(pool)),
    deliveries: askThrough(createDeliveryLog(pool)),
    feed,
    clientOf,
    held,
    streamPaces: options.streamPaces ?? streamPaces,
    masters: createMasters({
      store,
      names,
      pace: config.pace,
      spool: createSpool(config.spoolBytes),
      log,
    }),
    ...objectsOf(options),
    refused: createRefusedMasters(catalog, log),
    publisher,
    announcements: createAnnouncements(publisher, log),
    uploadSlots: createUploadSlots(config.maxUploads),
    events: createApiEvents(meter, log, { held, audit: access.audit }),
    log,
    notReady: () => notReady() ?? access.rights.trouble(),
    access,
    page: options.page,
    now,
    async close() {
      // Nobody hears of anything more: whoever still waits is to end, and not to ask again and again.
      held.end();
      feed.close();
      await access.close();
      await Promise.all([pool.end(), searching.end()]);
    },
  };
}

function connectTo(
  { config, log }: Pick<ApiContextOptions, "config" | "log">,
  applicationName: string,
  maxConnections: number,
) {
  return connect({
    connectionString: config.databaseUrl,
    maxConnections,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    applicationName,
    onIdleError: (error) => log.debug({ error }, "an idle connection broke"),
  });
}

/** What storage keeps of what clients ask for. */
function objectsOf({ store, names }: Pick<ServerContext, "store" | "names">) {
  return {
    tracks: createTrackObjects(store, names),
    jobs: createJobObjects(store, names),
    takedowns: createTakedownObjects(store, names),
    fetches: createFetchObjects(store, names),
    uploads: createUploadObjects(store, names),
    requests: createRequestObjects(store, names),
    backfills: createBackfillObjects(store, names),
    corrections: createCorrectionObjects(store, names),
    keyed: createKeyedRequests(store, names),
  };
}
