import type { UsageCounts } from "../usage/usage-counts.ts";
import type { Arrival, Listener } from "./arrival.ts";
import { type PublishedMessage, readAttributes } from "./publish-request.ts";
import { durationMs, type Topic } from "./resources.ts";
import type { BacklogRow, Store } from "./store.ts";

/** A topic in use, with the subscriptions that its messages fan out to. */
export class TopicEntity {
  readonly tid: number;
  readonly subscriptions = new Set<Listener>();
  #attached: readonly Listener[] = [];
  #filtered = false;
  config: Topic;
  /** True once deleted, while subscriptions still hold its messages. */
  retired = false;

  constructor(tid: number, config: Topic) {
    this.tid = tid;
    this.config = config;
  }

  /** To be called when a subscription came, went or was detached. */
  refan(): void {
    this.#attached = [...this.subscriptions].filter(({ config }) => !config.detached);
    this.#filtered = this.#attached.some(({ filter }) => filter !== null);
  }

  /** How long messages stay for seek whatever happens to them, in ms; 0 without topic retention. */
  get retentionMs(): number {
    const retention = this.config.messageRetentionDuration;
    return retention && !this.retired ? durationMs(retention) : 0;
  }

  /**
   * Stores messages and their backlog rows, inside a transaction, and returns the first of their consecutive ids. Once that
   * has committed, `arrivals` have to be told.
   */
  store(
    store: Store,
    messages: readonly PublishedMessage[],
    publishedMs: number,
    arrivals: Arrival[],
  ): number {
    const firstId = store.takeIds(messages.length);
    const rows = messages.map(({ request, start, end, orderingKey }, i) => ({
      id: firstId + i,
      failures: 0,
      restarts: 0,
      publishedMs,
      orderingKey,
      body: request.subarray(start, end),
    }));
    const fan = this.#fan(messages, rows);
    const held = heldBy(fan);
    this.#count(store.usage, rows, held.length, fan);
    const kept = this.retentionMs > 0 ? rows : held;
    for (const row of kept) store.insertMessage(this.tid, row);
    for (const { subscription, rows } of fan) {
      for (const [from, to] of runsOf(rows)) store.addToBacklog(subscription.sid, from, to);
      for (const row of rows) arrivals.push({ subscription, row });
    }
    return firstId;
  }

  #count(usage: UsageCounts, rows: readonly BacklogRow[], taken: number, fan: readonly Share[]): void {
    const topic = this.config.name;
    if (taken > 0) usage.add("published_messages", { topic, to: "somebody" }, taken);
    const to = this.#attached.length === 0 ? "no-subscription" : "no-filter-that-fits";
    if (taken < rows.length) usage.add("published_messages", { topic, to }, rows.length - taken);
    const bytes = rows.reduce((sum, { body }) => sum + body.length, 0);
    usage.add("published_bytes", { topic }, bytes);
    for (const { subscription, rows } of fan)
      usage.add("enqueued_messages", { subscription: subscription.config.name }, rows.length);
  }

  /** Deletes a message's payload, inside a transaction, unless somebody else still needs it. */
  forget(store: Store, id: number, by: Listener): void {
    if (this.retentionMs > 0) return;
    for (const other of this.subscriptions) {
      if (other !== by && other.mayHold(id) && store.holds(other.sid, id)) return;
    }
    store.deleteMessage(id);
  }

  /** Which subscription takes which of the rows. */
  #fan(messages: readonly PublishedMessage[], rows: readonly BacklogRow[]): readonly Share[] {
    if (!this.#filtered) return this.#attached.map((subscription) => ({ subscription, rows }));
    // Attributes are decoded once, and only when a subscription filters by them.
    const attributes = messages.map(({ request, start, end }) => readAttributes(request, start, end));
    return this.#attached.map((subscription) => {
      const { filter } = subscription;
      return { subscription, rows: filter ? rows.filter((_, i) => filter(attributes[i] ?? NONE)) : rows };
    });
  }
}

/** What one subscription takes of a publish, by rising id. */
type Share = { readonly subscription: Listener; readonly rows: readonly BacklogRow[] };

const NONE: ReadonlyMap<string, string> = new Map();

/** The rows that at least one subscription takes, by rising id. */
function heldBy(fan: readonly Share[]): readonly BacklogRow[] {
  const [first, ...others] = fan;
  if (!first) return [];
  // Without filters all shares are one and the same array.
  if (others.every(({ rows }) => rows === first.rows)) return first.rows;
  const held = new Set(fan.flatMap(({ rows }) => rows));
  return [...held].sort((a, b) => a.id - b.id);
}

/** The first and last ids of each run of consecutive ones. */
function runsOf(rows: readonly BacklogRow[]): [from: number, to: number][] {
  const runs: [number, number][] = [];
  for (const { id } of rows) {
    const last = runs.at(-1);
    if (last && id === last[1] + 1) last[1] = id;
    else runs.push([id, id]);
  }
  return runs;
}
