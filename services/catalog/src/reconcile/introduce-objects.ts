import type { Pool } from "@segue/catalog-db";
import type { Request, TrackAccepted } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import type { ObjectStore } from "@segue/store";
import { applyFacts } from "../apply-facts.ts";
import { commitHalving } from "../commit-halving.ts";
import { acceptedFacts, backfillEndFacts, backfillFacts, requestFacts, steeringFacts } from "../facts-of.ts";
import { type Asked, parseAsked, readJsonIfAny } from "../parse-asked.ts";
import { type Facts, mergeFacts } from "../rows.ts";
import type { Spent } from "../spent-intermediates.ts";
import type { EventKind, Watches } from "./watches.ts";

export interface IntroduceOptions extends Pick<ServerContext, "chain" | "names" | "log"> {
  readonly store: ObjectStore;
  readonly pool: Pool;
  readonly watches: Watches;
  onEvent(kind: EventKind): void;
  /** Hears of what the database has taken. */
  onStored?(facts: Facts): void;
  /** Hears of intermediates that nobody needs any more. */
  onSpent?(spent: readonly Spent[]): void;
  now(): Date;
}

/** Of a database that was made anew, all are unknown: they are read side by side, and committed together. */
const readAtOnce = 50;

/** Tells the catalog what it has not heard of. @param names of objects that keep what was asked for. */
export async function introduceObjects(options: IntroduceOptions, names: readonly string[]): Promise<void> {
  const unknown = await options.watches.findUnknown(names);
  for (let from = 0; from < unknown.length; from += readAtOnce)
    await introduceSome(options, unknown.slice(from, from + readAtOnce));
}

async function introduceSome(options: IntroduceOptions, names: readonly string[]): Promise<void> {
  const read = await Promise.all(names.map((name) => readObject(options, name)));
  const asked = await applyAll(
    options,
    read.filter((each) => each !== undefined),
  );
  // They are old: they have had their time to be heard of, and are due.
  const now = options.now();
  const tracks = asked.filter((each) => each.type === "TrackAccepted");
  const watched = tracks.map(({ trackId: id }) => ({ id, announcedAgain: 0, endedSteps: [] }));
  await options.watches.postpone(watched, now, now);
  for (const each of asked) {
    if (each.type === "TrackAccepted") await noteTrack(options, each);
    else if (each.type === "Request") await noteRequest(options, each);
    else if (each.type === "BackfillRequested")
      options.log.warn({ backfill: each.backfillId }, "a backfill was unknown to the catalog");
  }
}

/** @returns those that the database took. */
async function applyAll(
  { pool, chain, log, onStored, onSpent }: IntroduceOptions,
  asked: readonly Asked[],
): Promise<readonly Asked[]> {
  const taken: Asked[] = [];
  const take = async (some: readonly Asked[]) => {
    const facts = mergeFacts(some.map(factsOf));
    const { spent } = await applyFacts(pool, chain, facts);
    onStored?.(facts);
    if (spent.length > 0) onSpent?.(spent);
    taken.push(...some);
  };
  await commitHalving(asked, take, async (refused, error) => {
    log.error({ error, asked: refused }, "what storage keeps can't be stored here; it is passed over");
  });
  return taken;
}

async function noteTrack({ watches, now, log, onEvent }: IntroduceOptions, { trackId }: TrackAccepted) {
  log.warn({ track: trackId }, "an accepted track was unknown to the catalog");
  await watches.addEvent(trackId, now(), "found-in-storage", "the catalog had not heard of it");
  onEvent("found-in-storage");
}

async function noteRequest({ watches, now, log, onEvent }: IntroduceOptions, request: Request) {
  const { trackId, requestId, cause, requestedAt } = request;
  log.warn({ track: trackId, request: requestId, cause }, "a request was unknown to the catalog");
  const detail = `the catalog had not heard of the ${cause} that was asked for at ${requestedAt}`;
  await watches.addEvent(trackId, now(), "found-in-storage", detail);
  onEvent("found-in-storage");
}

function factsOf(asked: Asked): Facts {
  switch (asked.type) {
    case "TrackAccepted":
      return acceptedFacts(asked);
    case "Request":
      return requestFacts(asked);
    case "BackfillRequested":
      return backfillFacts(asked);
    case "BackfillSteered":
      return steeringFacts(asked);
    case "BackfillEnded":
      return backfillEndFacts(asked);
  }
}

async function readObject({ store, names, log }: IntroduceOptions, name: string): Promise<Asked | undefined> {
  const asked = parseAsked(await readJsonIfAny(store, { bucket: names.bucket("records"), name }));
  if (!asked) log.warn({ name }, "an object is not what its name says");
  return asked;
}
