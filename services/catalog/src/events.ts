import type { ToolsInUse } from "@segue/contracts";
import { createCounter, createHistogram, type Logger, type Meter, observeMetric } from "@segue/telemetry";
import { metrics } from "./metrics.ts";
import type { EventKind } from "./reconcile/watches.ts";
import type { Facts } from "./rows.ts";
import type { SearchEvents } from "./search/create-search.ts";
import type { TakedownEvents } from "./takedowns/start-takedowns.ts";
import type { SendEvents } from "./webhooks/send-deliveries.ts";

/** How far a backfill is. */
export interface BackfillProgress {
  readonly id: string;
  readonly complete: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly under_way: number;
  /** Null while they are not counted. */
  readonly total: number | null;
}

/** What happens in the catalog, as its operators hear of it: one helper per event, which owns its figures and its line. */
export interface CatalogEvents extends SendEvents, SearchEvents, TakedownEvents {
  /** What a message says is in the database. */
  factsStored(facts: Facts, message: { readonly topic: string; readonly publishedAt: Date }): void;
  /** The database did not take them; they come again. */
  messagesHandedBack(count: number): void;
  /** The queue gave up on a message, which is sent again. */
  messageReturned(step: string): void;
  /** The reconciler did something about a track that nobody owned. */
  trackReconciled(kind: EventKind): void;
  openTracksCounted(count: number): void;
  /** The families of outside programs that have made results of late. */
  toolsRead(tools: readonly ToolUse[]): void;
  /** All that this catalog drives. */
  backfillsDriven(backfills: readonly BackfillProgress[]): void;
}

export function createCatalogEvents(meter: Meter, log: Logger): CatalogEvents {
  const countOutcome = createCounter(meter, metrics.projectedOutcomes);
  const recordDuration = createHistogram(meter, metrics.attemptDuration);
  const countCpu = createCounter(meter, metrics.attemptCpu);
  const countTrack = createCounter(meter, metrics.projectedTracks);
  const countLetter = createCounter(meter, metrics.deadLetters);
  const recordLag = createHistogram(meter, metrics.projectionLag);
  const countHandedBack = createCounter(meter, metrics.handedBack);
  const countReturned = createCounter(meter, metrics.returnedMessages);
  const countReconciled = createCounter(meter, metrics.reconcilerEvents);
  let driven: readonly BackfillProgress[] = [];
  let openTracks: number | undefined;
  observeMetric(meter, metrics.openTracks, () =>
    openTracks === undefined ? [] : [{ value: openTracks, labels: {} }],
  );
  observeMetric(meter, metrics.backfillTracks, () => driven.flatMap(describeBackfill));
  return {
    factsStored({ attempts, tracks, deadLetters }, { topic, publishedAt }) {
      for (const { step, status, how, duration_ms, cpu_ms } of attempts) {
        countOutcome({ step, status, how: how ?? "none" });
        if (how !== "computed") continue;
        recordDuration(duration_ms / 1_000, { step });
        if (cpu_ms !== null) countCpu({ step }, cpu_ms / 1_000);
      }
      if (tracks.length > 0) countTrack({}, tracks.length);
      for (const { step, error_code } of deadLetters) countLetter({ step: step ?? "none", code: error_code });
      recordLag(Math.max(0, Date.now() - publishedAt.getTime()) / 1_000, { topic });
    },
    messagesHandedBack(count) {
      countHandedBack({}, count);
      log.warn({ count }, "messages go back to the queue: the database did not take them");
    },
    messageReturned: (step) => countReturned({ step }),
    trackReconciled: (kind) => countReconciled({ kind }),
    openTracksCounted(count) {
      openTracks = count;
    },
    toolsRead: createToolsRead(meter, log),
    backfillsDriven(backfills) {
      driven = backfills;
    },
    ...createWebhookEvents(meter, log),
    ...createSearchEvents(meter),
    ...createTakedownEvents(meter),
  };
}

function createToolsRead(meter: Meter, log: Logger): CatalogEvents["toolsRead"] {
  let tools: readonly ToolUse[] = [];
  let toldMixed = "";
  observeMetric(meter, metrics.toolFamilies, () =>
    tools.map(({ step, version, tool, families }) => ({
      value: families.length,
      labels: { step, version: String(version), tool },
    })),
  );
  return (found) => {
    // A figure that is no longer told would stay at its last value.
    const gone = tools.filter((use) => !found.some((other) => isSameUse(use, other)));
    tools = [...found, ...gone.map((use) => ({ ...use, families: [] }))];
    const mixed = found
      .filter(({ families }) => families.length > 1)
      .map((use) => ({ ...use, families: use.families.map(({ family }) => family) }));
    const words = JSON.stringify(mixed);
    if (mixed.length > 0 && words !== toldMixed)
      log.warn({ mixed }, "builds of more than one family made results of one version of a step");
    toldMixed = words;
  };
}

function createSearchEvents(meter: Meter): SearchEvents {
  const countRows = createCounter(meter, metrics.searchRows);
  let behindMs: number | undefined;
  let failingSince: number | undefined;
  const told = () => (failingSince === undefined ? behindMs : performance.now() - failingSince);
  observeMetric(meter, metrics.searchBehind, () => {
    const ms = told();
    return ms === undefined ? [] : [{ value: ms / 1_000, labels: {} }];
  });
  return {
    searchKept(rows, ms) {
      countRows({}, rows);
      behindMs = ms;
      failingSince = undefined;
    },
    searchFailed() {
      failingSince ??= performance.now();
    },
  };
}

/** What is late goes on being late while nobody can ask the database how late it is. */
function createTakedownEvents(meter: Meter): TakedownEvents {
  let judged: { readonly overdueMs: Readonly<Record<string, number>>; readonly at: number } | undefined;
  observeMetric(meter, metrics.takedownOverdue, () => {
    if (!judged) return [];
    const sinceMs = performance.now() - judged.at;
    return Object.entries(judged.overdueMs).map(([stage, ms]) => ({
      value: ms > 0 ? (ms + sinceMs) / 1_000 : 0,
      labels: { stage },
    }));
  });
  return {
    takedownsJudged({ removedMs, finalMs }) {
      judged = { overdueMs: { removed: removedMs, final: finalMs }, at: performance.now() };
    },
  };
}

function createWebhookEvents(meter: Meter, log: Logger): SendEvents {
  const countDelivery = createCounter(meter, metrics.webhookDeliveries);
  const recordDuration = createHistogram(meter, metrics.webhookDuration);
  const countDisabled = createCounter(meter, metrics.webhooksDisabled);
  let oldestMs: number | undefined;
  observeMetric(meter, metrics.webhookOldest, () =>
    oldestMs === undefined ? [] : [{ value: oldestMs / 1_000, labels: {} }],
  );
  return {
    deliverySent(outcome, latencyMs) {
      countDelivery({ outcome });
      recordDuration(latencyMs / 1_000, {});
    },
    webhookDisabled({ webhookId, reason }) {
      countDisabled({});
      log.warn({ webhook: webhookId, reason }, "a webhook is disabled");
    },
    deliveriesLookedAt(ms) {
      oldestMs = ms ?? 0;
    },
  };
}

type ToolUse = ToolsInUse["tools"][number];

function isSameUse(a: ToolUse, b: ToolUse): boolean {
  return a.step === b.step && a.version === b.version && a.tool === b.tool;
}

function describeBackfill({ id, complete, succeeded, failed, under_way, total }: BackfillProgress) {
  const counts = {
    complete,
    succeeded,
    failed,
    "under-way": under_way,
    ...(total === null ? {} : { all: total }),
  };
  return Object.entries(counts).map(([progress, value]) => ({ value, labels: { backfill: id, progress } }));
}
