/** What a playlist is to be, out of what the query says: which tracks may be in it, and how they are put in order. */
import { createHash } from "node:crypto";
import type { Candidate, MixFacts, SearchCondition, SearchFact } from "@segue/catalog-db";
import { type PlaylistQuery, playlistLimits } from "@segue/contracts";
import { ProblemError } from "../problem-error.ts";
import { findFact, nameFact, type Searched } from "../search/name-fact.ts";
import { readConditions } from "../search/read-conditions.ts";
import type { Wish } from "./arrange-tracks.ts";

/** The word that stands for energy where no kind has a fact of this name. */
export const energyTag = "energetic";
/** Tracks that are looked at for a playlist, at most. */
export const mostCandidates = 1_000;
/** How far from the tempos that are wished for tracks may be, as a factor. */
const aroundCourse = 1.06;
/** The same of the tempo of the track that it begins with, where no other tempo is said. */
const aroundSeed = 1.15;
/** Nothing that is shorter is put into a playlist, in seconds. */
const shortestSec = 1;

/** @throws {ProblemError} `invalid-request` where the fleet does not know how long tracks are. */
export function mixFacts(searched: Searched): MixFacts {
  const find = (name: string, index: SearchFact["index"]) => findFact(searched, name, index);
  return {
    duration: nameFact(searched, "duration", "minutes", "number"),
    bpm: find("bpm", "number"),
    camelot: find("camelot", "keyword"),
    loudness: find("loudness", "number"),
    energy: find("energy", "number"),
    tags: find("tags", "keyword"),
  };
}

/** @throws {ProblemError} `invalid-request`, naming what is wrong. */
export function readWish(query: PlaylistQuery, searched: Searched): Wish {
  const { minutes, course, harmonic = false, octaves = false, bpm, seed } = query;
  if (octaves && bpm === undefined && course === undefined && seed === undefined)
    throw new ProblemError("invalid-request", "octaves: expected bpm, course or seed beside it");
  if (query.neighbours && query.key === undefined)
    throw new ProblemError("invalid-request", "neighbours: expected key beside it");
  const read = course === undefined ? undefined : readCourse(course);
  // It says so where no kind has any.
  if (read) nameFact(searched, "bpm", "course", "number");
  if (harmonic) nameFact(searched, "camelot", "harmonic", "keyword");
  return {
    ...{ wantedSec: minutes * 60, course: read, harmonic, octaves },
    ...{ mostTracks: playlistLimits.tracks, beginsWithFirst: seed !== undefined },
  };
}

const tempo = /^\d{1,3}(\.\d{1,3})?$/;

function readCourse(text: string): { readonly from: number; readonly to: number } {
  const ends = text.split("..").map((end) => end.trim());
  const [from, to] = ends.map((end) => (tempo.test(end) ? Number(end) : 0));
  if (ends.length === 2 && from && to) return { from, to };
  throw new ProblemError(
    "invalid-request",
    `course: expected tempos of less than 1,000 as in 118..126, got "${text.slice(0, 80)}"`,
  );
}

/** What a track that may be in it is like. */
export function readCandidateConditions(
  query: PlaylistQuery,
  searched: Searched,
  wish: Wish,
  seed: Candidate | undefined,
): SearchCondition[] {
  const {
    bpm,
    key,
    neighbours,
    tags,
    duration,
    loudness,
    state = "done,partial",
    accepted,
    words,
    where,
  } = query;
  const filters = { bpm, key, tags, duration, loudness, state, accepted, words, where };
  const flags = {
    ...(bpm !== undefined && wish.octaves ? { octaves: true } : {}),
    ...(neighbours ? { harmonic: true } : {}),
  };
  const facts = mixFacts(searched);
  const tempos = bpm === undefined ? temposOf(wish, seed) : undefined;
  const within = { from: shortestSec, to: 2 * wish.wantedSec };
  return [
    ...readConditions({ ...filters, ...flags }, searched),
    { type: "number", fact: facts.duration, ranges: [within] },
    ...(tempos && facts.bpm ? [tempoIn(facts.bpm, tempos, wish.octaves)] : []),
  ];
}

function temposOf({ course }: Wish, seed: Candidate | undefined): [number, number] | undefined {
  if (course) {
    const { from, to } = course;
    return [Math.min(from, to) / aroundCourse, Math.max(from, to) * aroundCourse];
  }
  const bpm = seed?.bpm ?? null;
  return bpm === null ? undefined : [bpm / aroundSeed, bpm * aroundSeed];
}

function tempoIn(fact: SearchFact, [from, to]: [number, number], octaves: boolean): SearchCondition {
  const factors = octaves ? [1, 0.5, 2] : [1];
  return {
    type: "number",
    fact,
    ranges: factors.map((factor) => ({ from: from * factor, to: to * factor })),
  };
}

/** Where a sample of candidates begins, from 0 to 1: the same for the same wish. */
export function sampleFrom({ seed = "", variant }: Pick<PlaylistQuery, "seed" | "variant">): number {
  return createHash("sha256").update(`${seed} ${variant}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** What was wished for, in words. @param seed of the track that it begins with. */
export function sayWish({ minutes, course, bpm, harmonic, key, tags }: PlaylistQuery, seed: string | null) {
  const given = [
    `${minutes} minutes`,
    ...(seed === null ? [] : [`from ${seed}`]),
    ...(course === undefined ? [] : [`${course.replace("..", " to ")} BPM`]),
    ...(bpm === undefined ? [] : [`${bpm} BPM`]),
    ...(harmonic ? ["harmonic"] : []),
    ...(key === undefined ? [] : [key]),
    ...(tags === undefined ? [] : [tags]),
  ];
  return given.join(", ");
}
