import {
  askForRebuild,
  countFacets,
  describeOutage,
  isDeleted,
  keepCorrection,
  listCorrected,
  listTakedowns,
  listTracks,
  type Pool,
  readBackfills,
  readCandidate,
  readCandidates,
  readChanges,
  readCorrections,
  readHistory,
  readPayload,
  readPing,
  readReceiptKeys,
  readRefusal,
  readSearchFacts,
  readSearchProgress,
  readTakedown,
  readTools,
  readTrack,
  readTracks,
  readWholeTracks,
  searchTracks,
  similarTracks,
} from "@segue/catalog-db";
import { ProblemError } from "./problem-error.ts";

/**
 * What the API reads of the catalog, the one thing that it has kept there (`keepCorrection`), and its only way there: while the database is away, every one of them is refused as
 * `unavailable`; what is stored and can't be read is a defect, and stays one.
 */
export type CatalogReads = ReturnType<typeof createCatalogReads>;

/** @throws {ProblemError} `unavailable` in the place of an outage. */
async function askCatalog<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    const outage = describeOutage(cause);
    if (outage === undefined) throw cause;
    throw new ProblemError("unavailable", outage, { cause });
  }
}

export function createCatalogReads(pool: Pool) {
  const ask = askWith(pool);
  return {
    backfills: ask(readBackfills),
    changes: ask(readChanges),
    corrected: ask(listCorrected),
    corrections: ask(readCorrections),
    history: ask(readHistory),
    isDeleted: ask(isDeleted),
    keepCorrection: ask(keepCorrection),
    listTakedowns: ask(listTakedowns),
    listTracks: ask(listTracks),
    payload: ask(readPayload),
    ping: ask(readPing),
    receiptKeys: ask(readReceiptKeys),
    refusal: ask(readRefusal),
    takedown: ask(readTakedown),
    tools: ask(readTools),
    track: ask(readTrack),
    tracks: ask(readTracks),
    wholeTracks: ask(readWholeTracks),
  };
}

/** What is searched for, and how far search is. Its connections are its own: a search that takes long holds up nobody else. */
export type SearchReads = ReturnType<typeof createSearchReads>;

export function createSearchReads(pool: Pool) {
  const ask = askWith(pool);
  return {
    askForRebuild: ask(askForRebuild),
    candidate: ask(readCandidate),
    candidates: ask(readCandidates),
    facets: ask(countFacets),
    facts: ask(readSearchFacts),
    progress: ask(readSearchProgress),
    similar: ask(similarTracks),
    tracks: ask(searchTracks),
    wholeTracks: ask(readWholeTracks),
  };
}

/** Has something asked of the database, which is `unavailable` while it is away. */
export function askWith(pool: Pool) {
  return <A extends unknown[], T>(query: (pool: Pool, ...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      askCatalog(() => query(pool, ...args));
}

type Questions = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** The same of what has its connections already. */
export function askThrough<T extends Questions>(questions: T): T {
  const asked = Object.entries(questions).map(([name, question]) => [
    name,
    (...args: never[]) => askCatalog(() => question(...args)),
  ]);
  return Object.fromEntries(asked) as T;
}
