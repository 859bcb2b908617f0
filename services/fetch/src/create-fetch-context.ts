import { createFetchObjects, createHolds, createUploadObjects } from "@segue/artifacts";
import { createMasters, createSpool } from "@segue/intake";
import { createPublisher, createSend } from "@segue/queue";
import type { ServerContext } from "@segue/step";
import type { FetchConfig } from "./config.ts";
import type { FetchContext } from "./fetch-context.ts";
import { createHostSlots } from "./host-slots.ts";
import { openSource } from "./open-source.ts";

export interface FetchContextOptions
  extends Pick<ServerContext, "chain" | "names" | "store" | "pubsub" | "log"> {
  readonly config: FetchConfig;
  readonly stopping: AbortSignal;
  /** PEM of the certificate authorities that `https://` sources may be signed by, in place of the well-known ones. */
  readonly ca?: string;
}

export function createFetchContext(options: FetchContextOptions): FetchContext {
  const { chain, names, store, pubsub, log, config, stopping, ca } = options;
  const { pace, worker } = config;
  const source = {
    store,
    names,
    buckets: config.sourceBuckets,
    allowPrivate: config.allowPrivateSources,
    proxy: config.proxy,
    idleMs: pace.idleMs,
    ...(ca === undefined ? {} : { ca }),
  };
  return {
    chain,
    config,
    pace,
    worker,
    stopping,
    log,
    masters: createMasters({ store, names, pace, spool: createSpool(config.spoolBytes), log }),
    openSource: (asked, signal) => openSource(asked, signal, source),
    publisher: createPublisher(createSend(pubsub, names), chain),
    fetches: createFetchObjects(store, names),
    uploads: createUploadObjects(store, names),
    holds: createHolds(store, names),
    slots: createHostSlots(config.perHost),
    now: () => new Date(),
  };
}
