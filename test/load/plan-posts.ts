import type { Random } from "@segue/synth";

/** A track that is submitted, and how its client behaves. */
export interface PlannedPost {
  readonly number: number;
  /** Its `Idempotency-Key`, and what the track says that it is. */
  readonly key: string;
  /** Which file it sends: some send what another one has sent, under a key of their own. */
  readonly file: number;
  readonly manner: Manner;
  /** After it was accepted another file is sent under its key. */
  readonly reuses: boolean;
}

/**
 * - `patient`: waits for each answer.
 * - `hasty`: gives up the first attempts after some milliseconds, and sends the same again.
 * - `twice`: two send the same at the same moment, under one key.
 * - `rivals`: two send different files at the same moment, under one key: one of them is to be refused.
 * - `again`: sends it once more after it was accepted.
 */
export type Manner = "patient" | "hasty" | "twice" | "rivals" | "again";

const sameFileShare = 0.05;
const reuseShare = 0.03;
/** Of what an earlier one has sent, so far back at most: some of them are under way at the same time. */
const sameFileWithin = 100;

export function planPosts(count: number, random: Random): PlannedPost[] {
  const posts: PlannedPost[] = [];
  for (let number = 0; number < count; number++) {
    const isSame = number > 0 && random.chance(sameFileShare);
    const earlier = posts[number - 1 - random.below(Math.min(number, sameFileWithin))];
    posts.push({
      number,
      key: `load-${number}`,
      file: isSame && earlier ? earlier.file : number,
      manner: pickManner(random),
      reuses: random.chance(reuseShare),
    });
  }
  return posts;
}

function pickManner(random: Random): Manner {
  const roll = random.next();
  if (roll < 0.1) return "hasty";
  if (roll < 0.15) return "twice";
  if (roll < 0.18) return "rivals";
  return roll < 0.21 ? "again" : "patient";
}

/** Files that nobody is to send but as another one under a key that is taken: their numbers follow those of the posts. */
export function otherFile({ number }: PlannedPost, count: number): number {
  return count + number;
}
