import { createCorrectionObjects } from "@segue/artifacts";
import type { Pool } from "@segue/catalog-db";
import { type Request, readAskedName, type TrackAccepted } from "@segue/contracts";
import type { ServerContext } from "@segue/step";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { applyFacts } from "../apply-facts.ts";
import { commitHalving } from "../commit-halving.ts";
import { takeInCorrections } from "../corrections-in-storage.ts";
import {
  acceptedFacts,
  backfillEndFacts,
  backfillFacts,
  requestFacts,
  steeringFacts,
  takedownFacts,
} from "../facts-of.ts";
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

/**
 * Tells the catalog what it has not heard of.
 *
 * @param names of objects that keep what was asked for.
 * @returns those that it could not take in: a younger release may.
 */
export async function introduceObjects(
  options: IntroduceOptions,
  names: readonly string[],
): Promise<readonly string[]> {
  const unknown = await options.watches.findUnknown(names);
  const unread: string[] = [];
  for (let from = 0; from < unknown.length; from += readAtOnce)
    unread.push(...(await introduceSome(options, unknown.slice(from, from + readAtOnce))));
  return unread;
}

/** What an object keeps; `asked` is undefined where nothing can be made of it here. */
interface ReadObject {
  readonly name: string;
  readonly asked: Asked | undefined;
}

interface FoundObject extends ReadObject {
  readonly asked: Asked;
}

async function introduceSome(
  options: IntroduceOptions,
  names: readonly string[],
): Promise<readonly string[]> {
  const read = (await Promise.all(names.map((name) => readObject(options, name)))).flat();
  const found = read.flatMap(({ name, asked }) => (asked ? [{ name, asked }] : []));
  const { taken, refused } = await applyAll(options, found);
  // They are old: they have had their time to be heard of, and are due.
  const now = options.now();
  const asked = taken.map((each) => each.asked);
  const tracks = asked.filter((each) => each.type === "TrackAccepted");
  const watched = tracks.map(({ trackId: id }) => ({ id, announcedAgain: 0, endedSteps: [] }));
  await options.watches.postpone(watched, now, now);
  const corrections = createCorrectionObjects(options.store, options.names);
  await takeInCorrections(
    { pool: options.pool, corrections },
    tracks.map(({ trackId }) => trackId),
  );
  for (const each of asked) {
    if (each.type === "TrackAccepted") await noteTrack(options, each);
    else if (each.type === "Request") await noteRequest(options, each);
    else if (each.type === "BackfillRequested")
      options.log.warn({ backfill: each.backfillId }, "a backfill was unknown to the catalog");
  }
  return [...read.filter((each) => each.asked === undefined), ...refused].map(({ name }) => name);
}

async function applyAll(
  { pool, chain, log, onStored, onSpent }: IntroduceOptions,
  found: readonly FoundObject[],
): Promise<{ readonly taken: readonly FoundObject[]; readonly refused: readonly FoundObject[] }> {
  const taken: FoundObject[] = [];
  const refused: FoundObject[] = [];
  const take = async (some: readonly FoundObject[]) => {
    const facts = mergeFacts(some.map(({ asked }) => factsOf(asked)));
    const { spent } = await applyFacts(pool, chain, facts);
    onStored?.(facts);
    if (spent.length > 0) onSpent?.(spent);
    taken.push(...some);
  };
  await commitHalving(found, take, async (each, error) => {
    log.error({ error, ...each }, "what storage keeps can't be stored here; it is passed over");
    refused.push(each);
  });
  return { taken, refused };
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
    case "TakedownRequested":
      return takedownFacts(asked);
  }
}

/** None: it is gone. */
async function readObject({ store, names, log }: IntroduceOptions, name: string): Promise<ReadObject[]> {
  try {
    const isKnown = readAskedName(name) !== undefined;
    const ref = { bucket: names.bucket("records"), name };
    const asked = isKnown ? parseAsked(await readJsonIfAny(store, ref)) : undefined;
    if (!asked)
      log.warn({ name }, "an object is not what its name says: it is younger than we are, or damaged");
    return [{ name, asked }];
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return [];
    throw error;
  }
}
