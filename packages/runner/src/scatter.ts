// Steps whose long work falls into pieces: one message finds that they are not made and shares them out, each share is a
// message of its own, and whoever finds that all are made has them joined. Made pieces are found by their names, so a
// message may come any number of times, and whoever makes or announces one may die.

import type { Share } from "@segue/artifacts";
import type { ArtifactReady, Json } from "@segue/contracts";
import type { AnyStep, InputFacts } from "@segue/step";
import { wantsOfBranch } from "./branch-wants.ts";
import type { Ending, HandlerParts, Work } from "./handler-parts.ts";

/** Pieces in a row, `to` excluded. */
interface Pieces {
  readonly from: number;
  readonly to: number;
}

/** So many workers at most have a use for one file. */
const maxShares = 32;
/** Some seconds of work: what a message, the look-ups and the record of a share are worth. */
const minPieces = 4;

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
  /** All that the step has to join. */
  readonly shares: readonly Share[];
}

/** An ending where all that is left for this message is to announce others. */
export async function chooseWork(parts: HandlerParts, work: Work): Promise<ChosenWork | Ending> {
  const { step, checkpoints } = parts;
  const { message, address, gathered } = work;
  const count = step.scatter?.count(gathered.inputs as InputFacts<AnyStep["consumes"]>) ?? 0;
  if (count === 0) return { count, share: null, shares: [] };
  const made = await checkpoints.madePieces(address);
  if (!message.pieces) {
    if (made.size < count) return await scatter(parts, message, shareOut(count, made));
    return { count, share: null, shares: await checkpoints.readShares(address) };
  }
  const share = { from: message.pieces.from, to: Math.min(message.pieces.to, count) };
  const todo = firstMissing(share, made);
  if (todo.length === 0) return await handShareOn(parts, work, share, count);
  return { count, share: { ...share, todo }, shares: [] };
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

/** Announces shares, for our step alone: other consumers of our input have heard of it. */
async function scatter(
  parts: HandlerParts,
  message: ArtifactReady,
  shares: readonly Pieces[],
): Promise<Ending> {
  const wants = wantsOfBranch(parts, message.wants);
  const step = parts.step.name;
  await Promise.all(
    shares.map((share) => parts.announcer.artifactReady({ ...message, wants, pieces: { step, ...share } })),
  );
  parts.log.info({ track: message.trackId, shares: shares.length }, "shared out");
  return "handed-on";
}

/** After a share, or what there was time for: what is left of it, or the joining, if no piece is missing. */
export async function handShareOn(
  parts: HandlerParts,
  { message, address, existing }: Work,
  share: Pieces,
  count: number,
): Promise<Ending> {
  const made = await parts.checkpoints.madePieces(address);
  const [next] = firstMissing(share, made);
  if (next !== undefined) return await scatter(parts, message, [{ from: next, to: share.to }]);
  if (made.size < count) {
    // A track of the same bytes may have had them joined, and removed, while this share was made: its result is ours too.
    const isJoined = !existing && (await parts.artifacts.readRecord(parts.step.produces, address));
    if (!isJoined) return "handed-on";
    await parts.checkpoints.discard(address);
  }
  const { pieces: _, ...joining } = message;
  await parts.announcer.artifactReady({ ...joining, wants: wantsOfBranch(parts, message.wants) });
  parts.log.info({ track: message.trackId, address, pieces: count }, "all pieces are made");
  return "handed-on";
}

/** The states of all pieces, in their order. */
export function joinStates(shares: readonly Share[]): Json[] {
  const states: Json[] = [];
  for (const share of shares)
    for (const [offset, state] of share.states.entries()) states[share.from + offset] = state;
  return states;
}
