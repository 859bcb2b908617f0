import { z } from "zod";

/** What the catalog knows of a request when it derives what holds for its track. */
export const KnownRequest = z.object({
  id: z.string(),
  /** `submission`, `replay`, `backfill`, or what a younger release says: then only what it wants counts. */
  cause: z.string(),
  priority: z.string(),
  targets: z.array(z.string()),
  wants: z.array(z.string()),
  force: z.array(z.string()),
  versions: z.record(z.string(), z.int()),
  /** Of a replay, kind to planned address. */
  addresses: z.record(z.string(), z.string()),
  requestedAt: z.string(),
  /** Of a replay: not every step has answered it, as far as was known, and it was not given up. */
  isWatched: z.boolean(),
  /** Of a backfill's item, while it is one: since when, and why each step runs. */
  underWay: z.object({ since: z.string(), runs: z.record(z.string(), z.string()) }).nullable(),
});
export type KnownRequest = z.infer<typeof KnownRequest>;

/** Each once, in the order in which they were first asked for. */
export function unionOf(requests: readonly KnownRequest[], what: "wants" | "targets"): string[] {
  return [...new Set(requests.flatMap((request) => request[what]))];
}

/** What the submission wants; of a track that is known by other requests only, all. */
export function askedAtFirst(requests: readonly KnownRequest[]): string[] {
  const submissions = requests.filter(({ cause }) => cause === "submission");
  return unionOf(submissions.length > 0 ? submissions : requests, "wants");
}
