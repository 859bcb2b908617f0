import type { Candidate } from "@segue/catalog-db";
import type { Playlist, PlaylistQuery } from "@segue/contracts";
import type { ApiContext } from "../api-context.ts";
import { trackUrl } from "../describe-track.ts";
import { ProblemError } from "../problem-error.ts";
import type { Searched } from "../search/name-fact.ts";
import { arrangeTracks, type Wish } from "./arrange-tracks.ts";
import { findAudio } from "./find-audio.ts";
import {
  energyTag,
  mixFacts,
  mostCandidates,
  readCandidateConditions,
  readWish,
  sampleFrom,
  sayWish,
} from "./read-wish.ts";

interface Asked {
  readonly query: PlaylistQuery;
  readonly owner: string;
  readonly searched: Searched;
  /** What URLs start with. */
  readonly base: string;
}

/** @throws {ProblemError} `invalid-request`; `not-found`: there is no such track to begin with. */
export async function makePlaylist(context: ApiContext, asked: Asked): Promise<Playlist> {
  const { query, owner, searched, base } = asked;
  const { seed: seedId, minutes, audio: wanted } = query;
  const wish = readWish(query, searched);
  const about = { owner, facts: mixFacts(searched), energyTag };
  const seed = seedId === undefined ? undefined : await readSeed(context, seedId, about);
  const found = await findCandidates(context, asked, wish, seed);
  const others = found.filter(({ id }) => id !== seedId);
  const arranged = await arrangeTracks([...(seed ? [seed] : []), ...others], wish);
  const ids = arranged.map(({ track }) => track.id);
  const [audioOf, { isComplete }] = await Promise.all([
    findAudio(context, { ids, owner, wanted }),
    context.search.progress(),
  ]);
  return {
    title: sayWish(query, seed ? (seed.title ?? seed.fileName ?? seed.id) : null),
    tracks: arranged.map(({ track: { master: _master, shown: facts, ...track }, startSec, transition }) => {
      const url = trackUrl(base, track.id);
      return { ...track, url, facts, startSec, audio: audioOf(url, track.id), transition };
    }),
    durationSec: arranged.reduce((sum, { track }) => sum + track.durationSec, 0),
    ...{ wantedSec: minutes * 60, candidates: others.length + (seed ? 1 : 0) },
    ...{ isSampled: found.length >= mostCandidates, isComplete },
  };
}

async function readSeed(
  context: ApiContext,
  id: string,
  about: Parameters<ApiContext["search"]["candidate"]>[1],
): Promise<Candidate> {
  const seed = await context.search.candidate(id, about);
  if (seed) return seed;
  throw new ProblemError(
    "not-found",
    `there is no track ${id} that search knows the duration of; a new one is known some seconds after it is decoded`,
  );
}

function findCandidates(
  context: ApiContext,
  { query, owner, searched }: Asked,
  wish: Wish,
  seed: Candidate | undefined,
): Promise<Candidate[]> {
  return context.search.candidates({
    ...{ owner, facts: mixFacts(searched), energyTag, limit: mostCandidates },
    conditions: readCandidateConditions(query, searched, wish, seed),
    from: sampleFrom(query),
  });
}
