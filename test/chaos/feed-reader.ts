import { setTimeout as delay } from "node:timers/promises";
import { type ApiClient, createApiClient, mayPass } from "@segue/client";
import type { Change } from "@segue/contracts";
import type { Random } from "@segue/synth";

/** What a follower of the feed has heard, in the order in which it did. */
export interface HeardChanges {
  readonly changes: Change[];
  /** How often it had to ask anew, or to open its stream anew: the API was away, or it has left by itself. */
  reconnects: number;
  /** Why it can't go on; undefined: it can. */
  failure: string | undefined;
}

/** Follows what happens to tracks, from the first thing on, through every end of the API: as pages, and as a stream. */
export interface FeedReader extends AsyncDisposable {
  readonly pages: HeardChanges;
  readonly stream: HeardChanges;
  /** Resolves when both have all that there is, and tells it: the feed as it is read from its start. Then they have ended. */
  finish(): Promise<readonly Change[]>;
}

/** A follower leaves its request after so long, in ms, and comes back: connections break without any end of the API, too. */
const leaveAfterMs = [500, 8_000] as const;
const pauseMs = 300;
const pageSize = 1_000;
/** A follower that has heard nothing new for so long has stopped, in ms. */
const stalledMs = 120_000;

/** @throws {TypeError} if something has happened already. */
export async function startFeedReader(apiUrl: string, random: Random): Promise<FeedReader> {
  const api = createApiClient(apiUrl);
  const ending = new AbortController();
  const pages = createHeard();
  const stream = createHeard();
  const start = await firstCursor(api);
  const begin = (heard: HeardChanges, name: string, read: Read) =>
    follow(heard, start, ending.signal, random.fork(name), read);
  const following = [
    begin(pages, "pages", (since, signal) => readPage(api, pages, since, signal)),
    begin(stream, "stream", async (since, signal) => {
      for await (const event of await api.streamChanges(since, { signal }))
        if (event.type === "change") stream.changes.push(event.change);
    }),
  ];
  const end = async () => {
    ending.abort();
    await Promise.all(following);
  };
  return {
    pages,
    stream,
    async finish() {
      const all = await readWhole(api, start);
      const last = all.at(-1)?.cursor;
      for (const heard of [pages, stream]) await untilHeard(heard, last);
      await end();
      return all;
    },
    async [Symbol.asyncDispose]() {
      await end();
      await api[Symbol.asyncDispose]();
    },
  };
}

function createHeard(): HeardChanges {
  return { changes: [], reconnects: 0, failure: undefined };
}

type Read = (since: string, signal: AbortSignal) => Promise<void>;

/** Goes on where the last change was heard, again and again. */
async function follow(
  heard: HeardChanges,
  start: string,
  ended: AbortSignal,
  random: Random,
  read: Read,
): Promise<void> {
  while (!ended.aborted && heard.failure === undefined) {
    const leaving = AbortSignal.timeout(Math.round(random.between(...leaveAfterMs)));
    try {
      await read(heard.changes.at(-1)?.cursor ?? start, AbortSignal.any([ended, leaving]));
    } catch (error) {
      if (ended.aborted) return;
      heard.reconnects += 1;
      if (leaving.aborted || mayPass(error)) await delay(leaving.aborted ? 0 : pauseMs);
      else heard.failure = error instanceof Error ? error.message : String(error);
    }
  }
}

async function readPage(
  api: ApiClient,
  heard: HeardChanges,
  since: string,
  signal: AbortSignal,
): Promise<void> {
  const page = await api.readChanges({ since, limit: pageSize, wait: 20 }, { signal });
  heard.changes.push(...page.changes);
  // An API that ends answers at once, with nothing.
  if (page.changes.length === 0) await delay(pauseMs, undefined, { signal });
}

/** Of a feed in which nothing has happened yet, the place before what will. */
async function firstCursor(api: ApiClient): Promise<string> {
  const page = await api.readChanges({ limit: 1 });
  if (page.changes.length === 0) return page.nextCursor;
  throw new TypeError("expected the feed to be followed before anything has happened");
}

async function readWhole(api: ApiClient, start: string): Promise<Change[]> {
  const all: Change[] = [];
  for (let since = start; ; ) {
    const page = await api.readChanges({ since, limit: pageSize });
    all.push(...page.changes);
    since = page.nextCursor;
    if (!page.hasMore) return all;
  }
}

/** @param last of what is to be heard; what never comes is found by whoever compares. */
async function untilHeard(heard: HeardChanges, last: string | undefined): Promise<void> {
  let count = heard.changes.length;
  let deadline = performance.now() + stalledMs;
  while (heard.failure === undefined && heard.changes.at(-1)?.cursor !== last) {
    if (heard.changes.length > count) {
      count = heard.changes.length;
      deadline = performance.now() + stalledMs;
    }
    if (performance.now() > deadline) return;
    await delay(50);
  }
}
