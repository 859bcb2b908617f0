import { type ChangePage, type ChangeQuery, hasEnded } from "@segue/contracts";
import type { ApiContext } from "../api-context.ts";
import type { FoundTrack } from "../find-track.ts";
import { ProblemError } from "../problem-error.ts";
import { pause } from "./abort-after.ts";
import { decodePlace } from "./feed-place.ts";
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
  for (let { since } = query; ; ) {
    const page = await readChangePage(feed, { ...query, since });
    if (page.changes.length > 0 || signal.aborted) return page;
    since = page.nextCursor;
    await feed.waitBehind(decodePlace(since).number, signal);
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
  { trackId, behind }: { readonly trackId: string; readonly behind: number },
): Promise<number | undefined> {
  try {
    for (let after = behind; ; ) {
      await context.feed.waitBehind(after, signal);
      if (signal.aborted) return after;
      const { changes, last } = await context.feed.changes({ after, limit: atOnce, trackId });
      after = changes.length < atOnce ? last : (changes.at(-1)?.number ?? last);
      if (changes.some(hasEnded) || last < behind) return after;
    }
  } catch (error) {
    return sayUnreadable(context, error);
  }
}

async function whereNow(context: Context): Promise<number | undefined> {
  try {
    return (await context.feed.changes({ after: Number.MAX_SAFE_INTEGER, limit: 1 })).last;
  } catch (error) {
    return sayUnreadable(context, error);
  }
}

function sayUnreadable({ log }: Context, error: unknown): undefined {
  if (!(error instanceof ProblemError)) throw error;
  log.debug({ error }, "changes can't be read now; a track that is waited for is looked at later");
}
