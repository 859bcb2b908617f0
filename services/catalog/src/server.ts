import { setTimeout as sleep } from "node:timers/promises";
import { connect, migrate, type Pool } from "@segue/catalog-db";
import { catalogConsumer, deadLetterTopic, outcomesTopic, tracksTopic } from "@segue/chain";
import { createPublisher, createSend, type Publisher } from "@segue/queue";
import type { RunningService, ServerContext } from "@segue/step";
import { atMost, type Logger, type Readiness, watchReadiness } from "@segue/telemetry";
import { type Backfills, startBackfills } from "./backfill/start-backfills.ts";
import { keepChanges } from "./changes/keep-changes.ts";
import { nudgeReaders } from "./changes/nudge-readers.ts";
import { clearIntermediates } from "./clear-intermediates.ts";
import { type CatalogConfig, readCatalogConfig } from "./config.ts";
import { createDeadLetterObjects } from "./dead-letter-objects.ts";
import { type CatalogEvents, createCatalogEvents } from "./events.ts";
import { keepDeadLetters } from "./keep-dead-letters.ts";
import type { Looks } from "./looks.ts";
import { createProjector, type Projector, type ProjectorOptions } from "./projector.ts";
import { publishWanted } from "./publish-wanted.ts";
import { createFactReader } from "./read-facts.ts";
import { createProgress, type Progress } from "./reconcile/progress.ts";
import { type Reconciler, startReconciler } from "./reconcile/start-reconciler.ts";
import { createWatches } from "./reconcile/watches.ts";
import { rederiveTracks } from "./rederive-tracks.ts";
import type { Facts } from "./rows.ts";
import { createSearch } from "./search/create-search.ts";
import { createSendAgain } from "./send-again.ts";
import { type Subscribed, subscribe } from "./subscribe.ts";
import { startTakedowns, type Takedowns } from "./takedowns/start-takedowns.ts";
import { createWebhooks } from "./webhooks/create-webhooks.ts";
import type { OnTold } from "./write-catalog.ts";

/** Between questions whether the database answers, while it does: each is a statement. */
const databasePauseMs = 20_000;
/** Kept of the drain budget for what comes after. */
const closingMs = 1_500;

/** Starts at once, whether the database answers or not: until its schema is up to date, nothing is pulled. */
export async function startCatalog(context: ServerContext): Promise<RunningService> {
  const { chain, names, log } = context;
  const config = readCatalogConfig(context.env);
  const pool = connectTo(config, log);
  const progress = createProgress();
  let reconciler: Reconciler | undefined;
  let backfills: Backfills | undefined;
  let changes: Looks | undefined;
  let takedowns: Takedowns | undefined;
  const onStored = (facts: Facts) => [reconciler, backfills, takedowns].map((each) => each?.note(facts));
  const events = createCatalogEvents(context.meter, log);
  const beside = startBeside({ context, config, pool, events });
  const { onSpent, onTold, webhooks, search } = beside;
  const shared = { pool, events, onStored, onSpent, onTold };
  const reader = createFactReader(chain, names);
  const projector = createProjector({ ...shared, ...hearingOf(progress), chain, reader, log, ...config });
  const database = watchDatabase(pool, log);
  const stopping = new AbortController();
  let subscribed: readonly Subscribed[] = [];
  let rederiving: Promise<void> | undefined;
  let trouble: string | undefined = "waiting for the database";
  const starting = migrateWhenPossible(pool, log, stopping.signal).then((ready) => {
    if (!ready) return;
    trouble = undefined;
    subscribed = subscribeToAll(context, config, takeOrSendAgain({ ...context, pool, projector, events }));
    reconciler = startReconciler({ ...context, ...config.reconcile, ...shared, progress });
    backfills = startBackfills({ ...context, ...config.backfill, ...shared });
    takedowns = startTakedowns({ ...context, ...config.takedowns, ...shared, pool: beside.removing });
    changes = keepChanges({ pool, keepMs: config.changesKeepMs, log });
    webhooks.start();
    search.start();
    rederiving = rederiveTracks({ pool, chain, log, signal: stopping.signal });
  });

  return {
    notReady: () =>
      trouble ?? databaseTrouble(database) ?? subscribed.map((each) => each.trouble()).find((each) => each),
    async drain() {
      stopping.abort();
      database.stop();
      beside.hush();
      const drained = (async () => {
        await starting;
        const closed = subscribed.map((subscription) => subscription.close());
        const stopped = [
          ...[reconciler?.stop(), backfills?.stop(), changes?.stop()],
          (async () => {
            await takedowns?.stop();
            await beside.removing.end();
          })(),
          beside.stop(),
        ];
        await Promise.all([projector.drain(), ...closed, ...stopped, rederiving]);
        await pool.end();
      })();
      // A database that does not answer holds statements for longer; what they are about comes again.
      await atMost(Math.max(100, config.drainMs - closingMs), drained);
    },
  };
}

/** What the projector tells of how far steps have come. */
function hearingOf(progress: Progress): Pick<ProjectorOptions, "onFacts" | "onBackfilled"> {
  return {
    onFacts: (facts) => progress.note(facts.attempts),
    onBackfilled: (attempts) => progress.noteBackfilled(attempts),
  };
}

interface BesideOptions {
  readonly context: ServerContext;
  readonly config: CatalogConfig;
  readonly pool: Pool;
  readonly events: CatalogEvents;
}

/** What goes on beside the projector, and hears from it. */
function startBeside({ context, config, pool, events }: BesideOptions) {
  const { log, news } = context;
  // Each of its own: what they ask is no hurry, and keeps nobody waiting.
  const apart = (applicationName: string, maxConnections = 1) =>
    connectTo(config, log, { maxConnections, applicationName });
  const scaling = apart("segue-scaling");
  publishWanted(context, scaling);
  // One looks for what there is to send; what came of what was sent is noted beside it.
  const sending = { pool: apart("segue-webhooks", 2), config: config.webhooks };
  const webhooks = createWebhooks({ ...context, ...sending, events });
  const search = createSearch({ ...context, pool: apart("segue-search"), isOn: config.search, events });
  const intermediates = clearIntermediates({ ...context, pool, keepMs: config.intermediatesKeepMs });
  const nudges = nudgeReaders({ news, log, send: publisherOf(context).news });
  const onTold: OnTold = (changes) => {
    nudges.note(changes);
    webhooks.note(changes);
    search.note(changes);
  };
  return {
    ...{ onTold, onSpent: intermediates.clear, webhooks, search },
    /** For takedowns, of which several are under way. */
    removing: apart("segue-takedowns", 2),
    /** Nobody is told of anything from now on. */
    hush: () => nudges.stop(),
    async stop() {
      await Promise.all([intermediates.stop(), webhooks.stop(), search.stop()]);
      await scaling.end();
    },
  };
}

function connectTo(
  { databaseUrl }: CatalogConfig,
  log: Logger,
  own = { maxConnections: 2, applicationName: "segue-catalog" },
): Pool {
  return connect({
    connectionString: databaseUrl,
    ...own,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    onIdleError: (error) => log.debug({ error }, "an idle connection broke"),
  });
}

function publisherOf({ pubsub, names, chain }: Pick<ServerContext, "pubsub" | "names" | "chain">): Publisher {
  return createPublisher(createSend(pubsub, names), chain);
}

function watchDatabase(pool: Pool, log: Logger): Readiness {
  return watchReadiness({
    dependencies: [{ name: "database", check: () => pool.query("select 1") }],
    log,
    pace: { wellMs: databasePauseMs },
  });
}

function databaseTrouble(database: Readiness): string | undefined {
  const [reason] = database.reasons();
  return reason && `the database does not answer: ${reason.why}`;
}

function takeOrSendAgain({
  pool,
  projector,
  events,
  ...context
}: ServerContext & { pool: Pool; projector: Projector; events: CatalogEvents }): Projector["take"] {
  const publisher = publisherOf(context);
  const sendAgain = createSendAgain({ ...context, events, publisher, watches: createWatches(pool) });
  const letters = createDeadLetterObjects(context.store, context.names);
  const reader = createFactReader(context.chain, context.names);
  const take = keepDeadLetters({ letters, reader, projector, log: context.log });
  return (delivery) => {
    if (!sendAgain(delivery)) take(delivery);
  };
}

function subscribeToAll(
  context: ServerContext,
  config: CatalogConfig,
  take: Projector["take"],
): Subscribed[] {
  return [tracksTopic, outcomesTopic, deadLetterTopic].map((topic) =>
    subscribe({
      pubsub: context.pubsub,
      topic,
      subscription: context.names.subscription(topic, catalogConsumer),
      maxMessages: config.batchMessages,
      drainMs: Math.max(100, config.drainMs - 1_000),
      log: context.log,
      take,
    }),
  );
}

async function migrateWhenPossible(pool: Pool, log: Logger, signal: AbortSignal): Promise<boolean> {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      const applied = await migrate(pool);
      if (applied.length > 0) log.info({ applied }, "schema migrated");
      return true;
    } catch (error) {
      if (tries === 0) log.warn({ error }, "the schema can't be brought up to date yet");
      await sleep(Math.min(5_000, 200 * 2 ** tries), undefined, { signal }).catch(() => {});
    }
  }
  return false;
}
