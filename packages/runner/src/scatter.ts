// Steps whose long work falls into pieces: one delivery finds that they are not made and shares them out, each share is a
// task of its own, and whoever finds that all are made has them joined. Made pieces are found by their names, so a
// task may come any number of times, and whoever makes or sends one may die.

import type { MadePieces, Moved, Share, Spent } from "@segue/artifacts";
import { isForced, isMadeFor, type Json, ownArtifactOf, type Pieces, StepError } from "@segue/contracts";
import { comesAgain } from "@segue/queue";
import type { AnyStep, InputFacts } from "@segue/step";
import { type Errand, taskForOurselves, taskForTheRest } from "./errand.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import type { Work } from "./work.ts";

/** So many workers at most have a use for one file. */
const maxShares = 32;
/** Some seconds of work: what a message, the look-ups and the record of a share are worth. */
const minPieces = 4;
/** For so long after a share was stored whoever stored it is believed to be having them joined. */
const onItsWayMs = 5_000;

/** Shares out what is not made yet. The cuts depend on the count alone: whoever shares out again cuts at the same places. */
export function shareOut(count: number, made: ReadonlySet<number>): Pieces[] {
  const size = Math.max(minPieces, Math.ceil(count / maxShares));
  return Array.from({ length: Math.ceil(count / size) }, (_, share) => ({
    from: share * size,
    to: Math.min(count, (share + 1) * size),
  })).filter((share) => firstMissing(share, made).length > 0);
}

/** What an attempt is to do: a share of the pieces, or, once all are made, the step itself. */
export interface ChosenWork {
  /** How many pieces there are; 0 where the step does not scatter. */
  readonly count: number;
  /** With what comes next of it. */
  readonly share: (Pieces & { readonly todo: readonly number[] }) | null;
  /** The states of all pieces, in their order, for the step to join. */
  readonly pieces: readonly Json[];
  /** Of their files those that are not at their own names. */
  readonly moved: Moved;
  /** What they have used. */
  readonly spent: readonly Spent[];
}

/** Of a step that does not scatter. */
export const allOfIt: ChosenWork = { count: 0, share: null, pieces: [], moved: {}, spent: [] };

/** An ending where all that is left for this delivery is to send others. */
export async function chooseWork(parts: HandlerParts, work: Work): Promise<ChosenWork | Ending> {
  const { step, checkpoints } = parts;
  const { errand, run, gathered } = work;
  const count = step.scatter?.count(gathered.inputs as InputFacts<AnyStep["consumes"]>) ?? 0;
  if (count === 0) return allOfIt;
  const { numbers: made } = await checkpoints.madePieces(run);
  if (!errand.pieces) {
    if (made.size < count) {
      if (await isJoinedSince(parts, work))
        throw new StepError("aborted", "the pieces were joined, and removed, while this delivery looked");
      return await scatter(parts, errand, shareOut(count, made));
    }
    const shares = await checkpoints.readShares(run);
    const pieces = joinStates(shares, count);
    if (!pieces)
      throw new StepError("aborted", "pieces were removed, or expired, while this delivery read them");
    return { ...allOfIt, count, pieces, moved: joinMoved(shares), spent: shares.map(({ spent }) => spent) };
  }
  const share = { from: errand.pieces.from, to: Math.min(errand.pieces.to, count) };
  const todo = firstMissing(share, made);
  if (todo.length === 0) return await handShareOn(parts, work, share, count);
  return { ...allOfIt, count, share: { ...share, todo } };
}

/** The first pieces in a row of a share that are not made yet. */
export function firstMissing({ from, to }: Pieces, made: ReadonlySet<number>): number[] {
  const missing: number[] = [];
  for (let index = from; index < to; index++) {
    if (!made.has(index)) missing.push(index);
    else if (missing.length > 0) break;
  }
  return missing;
}

async function scatter(
  parts: HandlerParts,
  errand: Errand,
  shares: readonly Pieces[],
  next = taskForOurselves(parts, errand),
): Promise<Ending> {
  await Promise.all(shares.map((share) => parts.publisher.task({ type: "Piece", ...next, ...share })));
  parts.log.info({ track: errand.request.trackId, shares: shares.length }, "shared out");
  return "handed-on";
}

/** After a share, or what there was time for: what is left of it, or the joining, if no piece is missing. */
export async function handShareOn(
  parts: HandlerParts,
  work: Work,
  share: Pieces,
  count: number,
): Promise<Ending> {
  const { errand, run } = work;
  const found = await parts.checkpoints.madePieces(run);
  const made = found.numbers;
  const [next] = firstMissing(share, made);
  const left = next === undefined ? [] : [{ from: next, to: share.to }];
  if (left.length > 0) return await scatter(parts, errand, left, taskForTheRest(parts, errand));
  if (made.size < count) {
    // A track of the same bytes may have had them joined, and removed, while this share was made: its result is ours too.
    if (!(await isJoinedSince(parts, work))) return "handed-on";
    await parts.checkpoints.discard(run);
  } else if (isJoinedByAnother(parts, errand, share, found)) {
    throw new StepError("aborted", "the share that was stored just after this one has all of them joined");
  }
  await parts.publisher.task({ type: "Join", ...taskForOurselves(parts, errand) });
  parts.log.info({ track: errand.request.trackId, run, pieces: count }, "all pieces are made");
  return "handed-on";
}

/**
 * Of shares that end at the same moment each one finds all pieces there. The one that storage has had last has them joined at once; the
 * others are handed back, once, and find it done when they come again, or do it then.
 */
function isJoinedByAnother(
  { now }: Pick<HandlerParts, "now">,
  { delivery }: Errand,
  share: Pieces,
  { last }: MadePieces,
): boolean {
  if (!last || comesAgain(delivery)) return false;
  const isOurs = last.from >= share.from && last.from < share.to;
  return !isOurs && now().getTime() - last.storedAt.getTime() < onItsWayMs;
}

/** Whether this run has come to its end since this delivery looked at its address. Of a forced one only its own request's result tells. */
async function isJoinedSince(
  { artifacts, step }: HandlerParts,
  { errand: { request }, address, existing }: Work,
): Promise<boolean> {
  const record = await artifacts.readRecord(ownArtifactOf(step), address);
  if (isForced(step, request)) return record !== undefined && isMadeFor(record, request.requestId);
  return record !== undefined && record.attempt?.startedAt !== existing?.attempt?.startedAt;
}

/**
 * In their order. Undefined where one is missing, though all were there a moment ago: another delivery of the same has joined them and
 * removes what it has joined.
 */
function joinStates(shares: readonly Share[], count: number): Json[] | undefined {
  const states = new Map<number, Json>();
  for (const share of shares)
    for (const [offset, state] of share.states.entries()) states.set(share.from + offset, state);
  const joined: Json[] = [];
  for (let index = 0; index < count; index++) {
    const state = states.get(index);
    if (state === undefined) return undefined;
    joined.push(state);
  }
  return joined;
}

/** Of a piece that was made twice its files are those of the share that its state is of: in both the last one holds. */
function joinMoved(shares: readonly Share[]): Moved {
  const moved = new Map<string, string | undefined>();
  for (const share of shares) for (const name of share.files) moved.set(name, share.moved[name]);
  return Object.fromEntries([...moved].flatMap(([name, at]) => (at === undefined ? [] : [[name, at]])));
}
