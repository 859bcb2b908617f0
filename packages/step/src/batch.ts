import type { Kind, OutputOf, Produces, ResultOf } from "@segue/contracts";
import type { Inputs, StepContext } from "./step-context.ts";

/** How many messages a step may take in one go. */
export interface BatchSize {
  /** As many at most. A worker has so many messages of the step in hand for each of its threads. */
  readonly max: number;
  /** How long the first waits for company, in ms; its budget begins after that. */
  readonly waitMs: number;
}

/** A step that does the work of several messages in one go: a model takes little longer for eight inputs than for one. */
export interface Batch<C extends Readonly<Record<string, Kind>>, P extends Produces, Work, Item>
  extends BatchSize {
  /** What `runBatch` needs of one message: it is read and checked here, where an error ends that message alone. */
  prepare(inputs: Inputs<C>, work: Work, context: StepContext<OutputOf<P>>): Item | Promise<Item>;
  /**
   * Returns the facts of each item in the items' order, or an error in the place of one that can't be done. When it throws,
   * each item is tried by itself, so that only what is at fault fails.
   */
  runBatch(items: readonly Item[], work: Work): BatchResult<P> | Promise<BatchResult<P>>;
}

export type BatchResult<P extends Produces> = readonly (ResultOf<P> | Error)[];

// biome-ignore lint/suspicious/noExplicitAny: as AnyStep, it has given up its own types.
export type AnyBatch = Batch<any, any, any, any>;

/** One message's part in a batch. */
export interface BatchMember {
  readonly inputs: Inputs<Readonly<Record<string, Kind>>>;
  readonly context: StepContext;
}

/** How each member's part ended, in their order: with its facts, or its own error. */
export async function runMembers(
  batch: Pick<AnyBatch, "prepare" | "runBatch">,
  members: readonly BatchMember[],
  work: unknown,
): Promise<PromiseSettledResult<unknown>[]> {
  const prepared = await Promise.allSettled(
    members.map(async ({ inputs, context }) => batch.prepare(inputs, work, context)),
  );
  const items = prepared.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const results = (await runItems(batch, items, work)).values();
  return prepared.map((each) => (each.status === "rejected" ? each : (results.next().value ?? each)));
}

async function runItems(
  { runBatch }: Pick<AnyBatch, "runBatch">,
  items: readonly unknown[],
  work: unknown,
): Promise<PromiseSettledResult<unknown>[]> {
  if (items.length === 0) return [];
  try {
    const results = await runBatch(items, work);
    if (results.length !== items.length)
      throw new TypeError(`runBatch: expected ${items.length} results, one per item, got ${results.length}`);
    return results.map((result) =>
      result instanceof Error
        ? { status: "rejected", reason: result }
        : { status: "fulfilled", value: result },
    );
  } catch (reason) {
    if (items.length === 1) return [{ status: "rejected", reason }];
    const each: PromiseSettledResult<unknown>[] = [];
    for (const item of items) each.push(...(await runItems({ runBatch }, [item], work)));
    return each;
  }
}

/** The work of one message by itself. @throws whatever `prepare` or `runBatch` throws, or has in the item's place. */
export async function runAlone(batch: AnyBatch, member: BatchMember, work: unknown): Promise<unknown> {
  const [result] = await runMembers(batch, [member], work);
  if (result?.status === "fulfilled") return result.value;
  throw result?.reason;
}
