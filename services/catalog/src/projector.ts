import { setTimeout as sleep } from "node:timers/promises";
import { isTooMuchAtOnce, PackedRowsError, type Pool, type TransactionLimits } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { Logger } from "@segue/telemetry";
import { applyFacts } from "./apply-facts.ts";
import { type Batcher, createBatcher } from "./batcher.ts";
import type { ChangeRow } from "./changes/tell-changes.ts";
import { commitHalving } from "./commit-halving.ts";
import type { CatalogEvents } from "./events.ts";
import type { Incoming } from "./incoming.ts";
import { type FactReader, type ReadMessage, unreadable } from "./read-facts.ts";
import { type AttemptRow, type Facts, mergeFacts, noFacts } from "./rows.ts";
import type { Spent } from "./spent-intermediates.ts";

/** A message and its lease: exactly one of `ack` and `nack` is called, once. */
export interface Delivery extends Incoming {
  ack(): void;
  nack(): void;
}

export interface ProjectorOptions {
  readonly pool: Pool;
  readonly chain: Chain<StepSpec>;
  readonly reader: FactReader;
  readonly log: Logger;
  readonly events: Pick<CatalogEvents, "factsStored" | "messagesHandedBack">;
  readonly batchMs: number;
  readonly batchMessages: number;
  readonly holdMs: number;
  /** Of a transaction; those of the catalog's writer when left out. */
  readonly limits?: TransactionLimits | undefined;
  /** Hears of all that comes, before it is stored. */
  onFacts?(facts: Facts): void;
  /** Hears of what the database has taken. */
  onStored?(facts: Facts): void;
  /** Hears of what was told to those who follow the feed. */
  onTold?(changes: readonly ChangeRow[]): void;
  /** Hears which attempts were made for backfills. */
  onBackfilled?(attempts: readonly AttemptRow[]): void;
  /** Hears of intermediates that nobody needs any more. */
  onSpent?(spent: readonly Spent[]): void;
}

/** Turns messages into rows, and acks them once the rows are committed. */
export interface Projector {
  take(delivery: Delivery): void;
  /** Undefined while the database answers. */
  trouble(): string | undefined;
  /** Commits what was taken if the database lets it, else hands it back. */
  drain(): Promise<void>;
}

interface Item {
  readonly delivery: Delivery;
  /** What is to be stored of it. */
  readonly parts: readonly ReadMessage[];
  /** Once that is committed. */
  settle(): void;
}

/**
 * Where a batch takes the database longer than a statement may, or more locks than it has, less is tried at once, and others before it. While it is away, messages are held and tried again with backoff; those held for `holdMs` go back to the
 * queue, where they count a delivery attempt. What the subscriptions' own dead-letter policy then gives up on comes
 * back on the dead-letter subscription, which has none: nothing is lost.
 */
export function createProjector(options: ProjectorOptions): Projector {
  const { events, holdMs } = options;
  const draining = new AbortController();
  const database = createAnswerWatch(options.log);
  /** As many as the database has managed in the time of a statement: all, unless it is slow. */
  let atOnce = options.batchMessages;

  const handle = async (items: readonly Item[]) => {
    const giveUpAt = performance.now() + holdMs;
    let left = items;
    for (let delayMs = 100; left.length > 0; ) {
      const some = left.slice(0, atOnce);
      try {
        const younger = await commit(options, some);
        database.noteSuccess();
        for (const { delivery, parts, settle } of some)
          if (parts.some((part) => younger.has(part))) delivery.nack();
          else settle();
        left = left.slice(some.length);
        atOnce = Math.min(options.batchMessages, atOnce * 2);
        delayMs = 100;
      } catch (error) {
        database.noteFailure(error);
        if (isTooMuchAtOnce(error)) {
          atOnce = Math.max(1, Math.ceil(some.length / 2));
          // One of them alone may take so long: it holds up nobody who is not with it.
          left = [...left.slice(some.length), ...some];
        }
        if (draining.signal.aborted || performance.now() + delayMs > giveUpAt) break;
        await sleep(delayMs, undefined, { signal: draining.signal }).catch(() => {});
        delayMs = Math.min(5_000, delayMs * 2);
      }
    }
    if (left.length > 0) events.messagesHandedBack(left.length);
    for (const { delivery } of left) delivery.nack();
  };

  const batcher: Batcher<Item> = createBatcher({
    windowMs: options.batchMs,
    maxItems: options.batchMessages,
    handle,
  });
  return {
    take(delivery) {
      const item = readItem(options, delivery);
      if (item.parts.length > 0) batcher.add(item);
      else item.settle();
    },
    trouble: database.trouble,
    async drain() {
      draining.abort();
      await batcher.drain();
    },
  };
}

/** Whether the database answers, as far as was seen; that it does not, and that it does again, is logged once. */
function createAnswerWatch(log: Logger) {
  let awaySince: number | undefined;
  let trouble: string | undefined;
  return {
    /** Undefined while it answers. */
    trouble: () => trouble,
    noteFailure(error: unknown): void {
      trouble = `the database does not answer: ${error instanceof Error ? error.message : String(error)}`;
      if (awaySince !== undefined) return;
      awaySince = performance.now();
      log.error({ error }, "the database does not answer; messages are held");
    },
    noteSuccess(): void {
      if (awaySince !== undefined) {
        log.info({ awayMs: Math.round(performance.now() - awaySince) }, "the database answers again");
      }
      awaySince = undefined;
      trouble = undefined;
    },
  };
}

/** Of a bundle, what can be read here waits for nobody: what is for a younger catalog has it handed back all the same. */
function readItem({ reader, log, onFacts }: ProjectorOptions, delivery: Delivery): Item {
  const all = reader.readEach(delivery);
  const parts = all.filter(({ tooYoung }) => tooYoung === undefined);
  const younger = all.find(({ tooYoung }) => tooYoung !== undefined);
  if (younger) {
    const { message, tooYoung: reason } = younger;
    log.warn({ messageId: message.id, reason }, "a message of a younger release; handed back");
  }
  for (const { facts } of parts) {
    for (const letter of facts.deadLetters) logDeadLetter(log, letter);
    onFacts?.(facts);
  }
  return { delivery, parts, settle: () => (younger ? delivery.nack() : delivery.ack()) };
}

function logDeadLetter(log: Logger, letter: Facts["deadLetters"][number]): void {
  const { message_id: messageId, track_id: track, step, error_code: code } = letter;
  log.warn({ messageId, track, step, code }, letter.error_message);
}

/** In one transaction; what can't be stored is set aside. @returns what is for a catalog of a younger release, which has packed what it is about. */
async function commit(options: ProjectorOptions, items: readonly Item[]): Promise<ReadonlySet<ReadMessage>> {
  const { pool, chain, log, events, limits } = options;
  const store = async (parts: readonly ReadMessage[]) => {
    const merged = mergeFacts(parts.map(({ facts }) => facts));
    const { spent, backfilled, changes } = await applyFacts(pool, chain, merged, { limits });
    options.onStored?.(merged);
    options.onTold?.(changes);
    if (backfilled.length > 0) options.onBackfilled?.(backfilled);
    if (spent.length > 0) options.onSpent?.(spent);
    for (const { facts, message } of parts) events.factsStored(facts, message);
  };
  const all = items.flatMap(({ parts }) => parts);
  const younger = new Set<ReadMessage>();
  await commitHalving(all, store, async (part, error) => {
    if (error instanceof PackedRowsError) {
      log.warn({ messageId: part.message.id, error }, "a track of a younger release; handed back");
      return void younger.add(part);
    }
    log.error({ error, messageId: part.message.id }, "a message can't be stored; it is set aside");
    const facts = { ...noFacts, deadLetters: [unreadable(part.message, error)] };
    await store([{ ...part, facts }]);
  });
  return younger;
}
