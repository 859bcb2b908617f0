import type { Check } from "../chaos/invariants.ts";
import type { Sent } from "./send-posts.ts";
import { makeTinyAudio } from "./tiny-audio.ts";

/** A track as the catalog has it. */
export interface LoadedTrack {
  readonly id: string;
  readonly master: string | null;
  readonly state: string;
  /** That it was submitted under, as its metadata says. */
  readonly key: string | null;
}

/** What there is in the end. */
export interface LoadState {
  readonly sent: readonly Sent[];
  readonly tracks: readonly LoadedTrack[];
  /** As the API lists them. */
  readonly listed: readonly string[];
  readonly stored: {
    /** Ids of the objects of tracks. */
    readonly tracks: readonly string[];
    /** Objects that keep what a key stands for, and what was answered. */
    readonly claims: number;
    readonly answers: number;
    /** SHA-256 of the masters. */
    readonly masters: readonly string[];
  };
}

/** Nothing lost, nothing doubled, and nothing that nobody has asked for. */
export function checkLoad(state: LoadState): Check[] {
  const { sent, tracks } = state;
  return [
    {
      name: "no client saw anything but 202, a refusal that passes, or 422 for another file under its key",
      looked: `${sent.length} keys`,
      violations: sent.flatMap(({ wrong }) => wrong),
    },
    checkAnswers(sent),
    checkRefused(sent),
    checkTracks(state),
    {
      name: "every track has come to its end",
      looked: `${tracks.length} tracks`,
      violations: tracks.filter(({ state }) => state !== "done").map(({ id, state }) => `${id} is ${state}`),
    },
    checkListed(state),
    checkStored(state),
  ];
}

const idsOf = ({ accepted }: Sent) => [...new Set(accepted.map(({ id }) => id))];

/** One id for each key, in every answer, and another one for each other key. */
function checkAnswers(sent: readonly Sent[]): Check {
  const violations: string[] = [];
  const owners = new Map<string, string>();
  for (const each of sent) {
    const { key } = each.post;
    const ids = idsOf(each);
    if (ids.length === 0) violations.push(`${key} was never accepted`);
    if (ids.length > 1) violations.push(`${key} has ${ids.length} tracks: ${ids.join(", ")}`);
    if (new Set(each.accepted.map(({ file }) => file)).size > 1)
      violations.push(`${key} was accepted with several files`);
    for (const id of ids) {
      const owner = owners.get(id);
      if (owner !== undefined) violations.push(`${id} was told for ${owner} and for ${key}`);
      owners.set(id, key);
    }
  }
  const answers = sent.reduce((sum, { accepted }) => sum + accepted.length, 0);
  return {
    name: "one track for each key, and the same in every answer",
    looked: `${answers} answers`,
    violations,
  };
}

/** Another file under a key is refused, each time. */
function checkRefused(sent: readonly Sent[]): Check {
  const violations: string[] = [];
  let looked = 0;
  for (const { post, refused } of sent) {
    const expected = (post.manner === "rivals" ? 1 : 0) + (post.reuses ? 1 : 0);
    looked += refused.length;
    if (refused.length !== expected)
      violations.push(`${post.key}: ${refused.length} files were refused, expected ${expected}`);
  }
  return { name: "another file under a key is refused", looked: `${looked} refusals`, violations };
}

/** The catalog has the tracks that were told, with what was sent for them, and no others. */
function checkTracks({ sent, tracks }: LoadState): Check {
  const violations: string[] = [];
  const rows = new Map(tracks.map((track) => [track.id, track]));
  for (const { post, accepted } of sent) {
    const [first] = accepted;
    if (!first) continue;
    const row = rows.get(first.id);
    rows.delete(first.id);
    if (!row) violations.push(`${first.id} of ${post.key} is lost`);
    else if (row.key !== post.key) violations.push(`${first.id} of ${post.key} says that it is ${row.key}`);
    else if (row.master !== makeTinyAudio(first.file).sha256)
      violations.push(`${first.id} of ${post.key} has another master than was sent`);
  }
  for (const { id, key } of rows.values()) violations.push(`${id} of ${key} was told to nobody`);
  return {
    name: "the catalog has these tracks, with what was sent, and no others",
    looked: `${tracks.length} tracks`,
    violations,
  };
}

function checkListed({ tracks, listed }: LoadState): Check {
  return {
    name: "the API lists each of them once",
    looked: `${listed.length} tracks`,
    violations: compare(
      tracks.map(({ id }) => id),
      listed,
    ),
  };
}

function checkStored({ sent, tracks, stored }: LoadState): Check {
  const masters = new Set(tracks.flatMap(({ master }) => master ?? []));
  const counts = [
    ["claims", stored.claims],
    ["answers", stored.answers],
  ] as const;
  return {
    name: "storage has an object for each track, a claim and an answer for each key, and each master once",
    looked: `${stored.tracks.length} tracks, ${stored.claims} claims, ${stored.answers} answers, ${stored.masters.length} masters`,
    violations: [
      ...compare(
        tracks.map(({ id }) => id),
        stored.tracks,
      ),
      ...compare([...masters], stored.masters),
      ...counts.flatMap(([what, count]) =>
        count === sent.length ? [] : [`${count} ${what}, expected ${sent.length}`],
      ),
    ],
  };
}

/** What is missing, what nobody knows, and what is there more than once. */
function compare(expected: readonly string[], found: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const each of found) counts.set(each, (counts.get(each) ?? 0) + 1);
  const known = new Set(expected);
  return [
    ...[...known].filter((each) => !counts.has(each)).map((each) => `${each} is missing`),
    ...[...counts].flatMap(([each, count]) => [
      ...(known.has(each) ? [] : [`${each} is of nobody`]),
      ...(count > 1 ? [`${each} is there ${count} times`] : []),
    ]),
  ];
}
