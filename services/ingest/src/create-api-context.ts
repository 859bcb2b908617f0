import { createBackfillObjects, createRequestObjects } from "@segue/artifacts";
import { connect } from "@segue/catalog-db";
import * as queue from "@segue/queue";
import type { ServerContext } from "@segue/step";
import { createAnnouncements } from "./announcements.ts";
import type { ApiContext } from "./api-context.ts";
import { createCatalogReads } from "./catalog-reads.ts";
import type { IngestConfig } from "./config.ts";
import { createApiEvents } from "./events.ts";
import { createJsonObjects } from "./json-objects.ts";
import { createUploadSlots } from "./limit-uploads.ts";
import { createKeyedRequests } from "./once/keyed-requests.ts";
import { createPublisher } from "./publisher.ts";
import { openSource } from "./source/open-source.ts";
import { createTrackObjects } from "./track-objects.ts";
import { createMasters } from "./upload/masters.ts";

export interface ApiContextOptions
  extends Pick<ServerContext, "chain" | "names" | "store" | "pubsub" | "log" | "meter"> {
  readonly config: IngestConfig;
  notReady(): string | undefined;
  /** PEM of the certificate authorities that `https://` sources may be signed by, in place of the well-known ones. */
  readonly ca?: string;
}

/** What the routes work with; the caller's to close. */
export function createApiContext(options: ApiContextOptions): ApiContext {
  const { chain, names, store, pubsub, log, meter, config, notReady, ca } = options;
  const pool = connect({
    connectionString: config.databaseUrl,
    maxConnections: 4,
    connectTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    applicationName: "segue-ingest",
    onIdleError: (error) => log.debug({ error }, "an idle connection broke"),
  });
  const catalog = createCatalogReads(pool);
  const source = {
    store,
    names,
    buckets: config.sourceBuckets,
    allowPrivate: config.allowPrivateSources,
    idleMs: config.pace.idleMs,
    ...(ca === undefined ? {} : { ca }),
  };
  const objects = createJsonObjects(store, names.bucket("records"));
  const publisher = createPublisher(queue.createPublisher(queue.createSend(pubsub, names), chain));
  return {
    chain,
    names,
    config,
    store,
    catalog,
    masters: createMasters(store, names, config.pace, log),
    objects: createTrackObjects(objects),
    requests: createRequestObjects(store, names),
    backfills: createBackfillObjects(store, names),
    keyed: createKeyedRequests(objects),
    publisher,
    announcements: createAnnouncements(publisher, log),
    uploadSlots: createUploadSlots(config.maxUploads),
    events: createApiEvents(meter, log),
    log,
    openSource: (url, signal) => openSource(url, signal, source),
    notReady,
    now: () => new Date(),
    close: () => pool.end(),
  };
}
