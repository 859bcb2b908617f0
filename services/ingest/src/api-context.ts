import type {
  BackfillObjects,
  CorrectionObjects,
  FetchObjects,
  RequestObjects,
  TakedownObjects,
  TrackObjects,
  UploadObjects,
} from "@segue/artifacts";
import type { DeliveryLog, WebhookRows } from "@segue/catalog-db";
import type { Chain, Names } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { Page } from "@segue/dashboard";
import type { Masters } from "@segue/intake";
import type { ObjectStore } from "@segue/store";
import type { Logger } from "@segue/telemetry";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Announcements } from "./announcements.ts";
import type { CatalogReads, SearchReads } from "./catalog-reads.ts";
import type { FeedFollower } from "./changes/follow-feed.ts";
import type { HeldRequests } from "./changes/held-requests.ts";
import type { StreamPaces } from "./changes/stream-changes.ts";
import type { ClientOf } from "./client-of.ts";
import type { IngestConfig } from "./config.ts";
import type { ApiEvents } from "./events.ts";
import type { JobObjects } from "./job-objects.ts";
import type { Access } from "./keys/create-access.ts";
import type { UploadSlots } from "./limit-uploads.ts";
import type { KeyedRequests } from "./once/keyed-requests.ts";
import type { Publisher } from "./publisher.ts";
import type { RefusedMasters } from "./refused-masters.ts";

/** What the routes work with. */
export interface ApiContext {
  readonly chain: Chain<StepSpec>;
  readonly names: Names;
  readonly config: IngestConfig;
  readonly store: ObjectStore;
  readonly catalog: CatalogReads;
  readonly search: SearchReads;
  readonly webhooks: WebhookRows;
  readonly deliveries: DeliveryLog;
  /** What happens, for all who wait. */
  readonly feed: FeedFollower;
  /** Who a request is from, as far as its connection tells. */
  readonly clientOf: ClientOf;
  readonly held: HeldRequests;
  readonly streamPaces: StreamPaces;
  readonly masters: Masters;
  readonly tracks: TrackObjects;
  readonly jobs: JobObjects;
  readonly takedowns: TakedownObjects;
  readonly refused: RefusedMasters;
  readonly fetches: FetchObjects;
  readonly uploads: UploadObjects;
  readonly requests: RequestObjects;
  readonly backfills: BackfillObjects;
  readonly corrections: CorrectionObjects;
  readonly keyed: KeyedRequests;
  readonly publisher: Publisher;
  readonly announcements: Announcements;
  readonly uploadSlots: UploadSlots;
  readonly access: Access;
  /** Undefined where none was built. */
  readonly page: Page | undefined;
  readonly events: ApiEvents;
  readonly log: Logger;
  /** Undefined while all is well. */
  notReady(): string | undefined;
  now(): Date;
  /** Gives the connections to the catalog's database back. */
  close(): Promise<void>;
}

/** A Fastify instance whose routes take their types from their zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
