/** Keeps what is searched for as tracks are: looks after what was committed, a turn at a time, and now and then for what others have committed. */
import type { Pool } from "@segue/catalog-db";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import type { ChangeRow } from "../changes/tell-changes.ts";
import { type Looks, startLooks } from "../looks.ts";
import { cutCells } from "./cells/cut-cells.ts";
import { type SearchedKind, searchedKinds } from "./keep-facts.ts";
import { type Turn, takeTurn } from "./take-turn.ts";

export interface SearchPaces {
  /** Between two looks, in ms: what happens to a track within it is one row that is written. */
  readonly shortestMs: number;
  /** What nobody here has heard of waits so long at most. */
  readonly longestMs: number;
  /** While another process has its turn. */
  readonly busyMs: number;
  /** After a look that failed. */
  readonly retryMs: number;
}
export const searchPaces: SearchPaces = {
  shortestMs: 500,
  longestMs: 30_000,
  busyMs: 1_000,
  retryMs: 5_000,
};

/** Until search looks after tracks again. */
const cellTurnsAtOnce = 10;

export interface SearchEvents {
  /** A turn has ended: so many rows were not as they were, and what has happened had waited so long. */
  searchKept(rows: number, behindMs: number): void;
  /** One has failed, and is tried again. */
  searchFailed(): void;
}

export interface SearchOptions {
  /** Of its own: nobody waits for it. It is ended with the rest. */
  readonly pool: Pool;
  /** False: this catalog leaves it to others. */
  readonly isOn: boolean;
  readonly chain: Pick<Chain<StepSpec>, "kinds">;
  readonly news?: NewsSource | undefined;
  readonly events: SearchEvents;
  readonly log: Logger;
  readonly paces?: SearchPaces;
}

export interface Search {
  /** The tables are there. */
  start(): void;
  /** These are committed. */
  note(changes: readonly ChangeRow[]): void;
  stop(): Promise<void>;
}

export function createSearch(options: SearchOptions): Search {
  const { pool, isOn, news, paces = searchPaces } = options;
  const stopping = new AbortController();
  let looks: Looks | undefined;
  news?.onNews((told) => {
    if (told === undefined || told.type === "SearchWanted") looks?.within(0);
  });
  return {
    start() {
      if (!isOn) return;
      const look = createLook(options, stopping.signal);
      looks = startLooks({ look, shortestMs: paces.shortestMs, longestMs: paces.longestMs });
    },
    note(changes) {
      if (changes.length > 0) looks?.within(0);
    },
    async stop() {
      stopping.abort();
      await looks?.stop();
      await pool.end();
    },
  };
}

/** Takes turns until nothing is left to be done. */
function createLook(
  { pool, chain, events, log, paces = searchPaces }: SearchOptions,
  signal: AbortSignal,
): () => Promise<number> {
  const kindsNow = rememberKinds(chain);
  return async () => {
    try {
      let turn: Turn | undefined;
      do {
        turn = await takeTurn(pool, kindsNow());
        if (turn) tellTurn(turn, { events, log });
      } while (turn?.isMore && !signal.aborted);
      if (turn && (await keepCells(pool, log, signal))) return 0;
      return turn ? paces.longestMs : paces.busyMs;
    } catch (error) {
      if (signal.aborted) return paces.retryMs;
      events.searchFailed();
      log.warn({ error }, "search can't be kept up now; it is tried again");
      return paces.retryMs;
    }
  };
}

/** Parts what is compared into cells, for as long as nothing else is to be done. @returns whether that is over because there may be. */
async function keepCells(pool: Pool, log: Logger, signal: AbortSignal): Promise<boolean> {
  for (let turns = 0; turns < cellTurnsAtOnce && !signal.aborted; turns++) {
    const turn = await cutCells(pool, { signal });
    if (turn?.cut) log.info(turn.cut, "what tracks are compared by is parted into cells");
    if (!turn?.isMore) return false;
  }
  return true;
}

/** Kinds come and go while it runs; to read their schemas takes its time. */
function rememberKinds(chain: SearchOptions["chain"]): () => readonly SearchedKind[] {
  let of: SearchOptions["chain"]["kinds"] | undefined;
  let kinds: readonly SearchedKind[] = [];
  return () => {
    if (of !== chain.kinds) kinds = searchedKinds(chain.kinds);
    of = chain.kinds;
    return kinds;
  };
}

function tellTurn(
  { written, behindMs, began, isThrough }: Turn,
  { events, log }: Pick<SearchOptions, "events" | "log">,
) {
  events.searchKept(written, behindMs);
  if (began !== null) log.info({ reason: began }, "search goes through all tracks");
  if (isThrough) log.info("search has gone through all tracks");
}
