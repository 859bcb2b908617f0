import { type ChangePage, type ChangeQuery, hasEnded } from "@segue/contracts";
import type { ApiContext } from "../api-context.ts";
import type { FoundTrack } from "../find-track.ts";
import { ProblemError } from "../problem-error.ts";
import { pause } from "./abort-after.ts";
import { decodePlace, encodePlace, type FeedPlace } from "./feed-place.ts";
import { readChangePage } from "./read-change-page.ts";

/** Read for a track at once. */
const atOnce = 100;

type Context = Pick<ApiContext, "feed" | "log">;

/** A page with the first changes since, or an empty one when the signal aborts. @throws {ProblemError} as `readChangePage`. */
export async function waitForChanges(
  { feed }: Context,
  signal: AbortSignal,
  query: ChangeQuery & { readonly owner: string },
): Promise<ChangePage> {
  const { trackId, owner } = query;
  for (let { since } = query; ; ) {
    const page = await readChangePage(feed, { ...query, since });
    if (page.changes.length > 0 || signal.aborted) return page;
    since = encodePlace(await feed.waitBehind(decodePlace(page.nextCursor), signal, { trackId, owner }));
  }
}

/** A track once it has come to its end, or as it is when the signal aborts. */
export async function findEnded(
  context: Context,
  signal: AbortSignal,
  trackId: string,
  find: () => Promise<FoundTrack>,
): Promise<FoundTrack> {
  // Before it is looked at: what happens after that is in the feed.
  let behind = await whereNow(context);
  for (;;) {
    const found = await find();
    if (signal.aborted || hasEnded(found.track)) return found;
    while (behind === undefined) {
      await pause(signal);
      if (signal.aborted) return find();
      behind = await whereNow(context);
    }
    behind = await untilEnded(context, signal, { trackId, behind });
  }
}

/** @returns a place in the feed behind which nothing was looked at; undefined: it can't be read. */
async function untilEnded(
  context: Context,
  signal: AbortSignal,
  { trackId, behind }: { readonly trackId: string; readonly behind: FeedPlace },
): Promise<FeedPlace | undefined> {
  const { epoch } = behind;
  try {
    for (let place = behind; ; ) {
      place = await context.feed.waitBehind(place, signal, { trackId });
      if (signal.aborted) return place;
      const read = await context.feed.changes({ after: place.number, epoch, limit: atOnce, trackId });
      const { changes, last } = read;
      // Of a feed that was begun anew, or put back, it says nothing whether the track has ended.
      if (read.epoch !== epoch || last < place.number) return { epoch: read.epoch, number: last };
      place = { epoch, number: changes.length < atOnce ? last : (changes.at(-1)?.number ?? last) };
      if (changes.some(hasEnded)) return place;
    }
  } catch (error) {
    return sayUnreadable(context, error);
  }
}

async function whereNow(context: Context): Promise<FeedPlace | undefined> {
  try {
    const { epoch, last } = await context.feed.changes({ after: Number.MAX_SAFE_INTEGER, limit: 1 });
    return { epoch, number: last };
  } catch (error) {
    return sayUnreadable(context, error);
  }
}

function sayUnreadable({ log }: Context, error: unknown): undefined {
  if (!(error instanceof ProblemError)) throw error;
  log.debug({ error }, "changes can't be read now; a track that is waited for is looked at later");
}
