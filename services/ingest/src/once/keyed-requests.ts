import { createHash } from "node:crypto";
import { z } from "zod";
import type { JsonObjects } from "../json-objects.ts";

/** What a key was first used for: which request, and everything that would come out otherwise a second time. */
const Claim = z.object({ v: z.literal(1), request: z.string(), plan: z.unknown() });
export type Claim = z.infer<typeof Claim>;

const Answer = z.object({
  v: z.literal(1),
  status: z.int(),
  location: z.string(),
  body: z.record(z.string(), z.unknown()),
});
export type Answer = z.infer<typeof Answer>;

/**
 * Requests with an `Idempotency-Key`, as objects beside the tracks': two instances of the API, and one that was restarted,
 * agree on what a key stands for. Kept as long as tracks are.
 */
export interface KeyedRequests {
  readClaim(key: string): Promise<Claim | undefined>;
  /** Create-only; returns the claim that holds, which is another's if another came first. */
  claim(key: string, claim: Claim): Promise<Claim>;
  readAnswer(key: string): Promise<Answer | undefined>;
  /** As `claim`. */
  keepAnswer(key: string, answer: Answer): Promise<Answer>;
}

export function createKeyedRequests(objects: JsonObjects): KeyedRequests {
  const nameOf = (key: string, what: "request" | "answer") =>
    `${createHash("sha256").update(key).digest("hex")}.${what}.json`;
  return {
    readClaim: (key) => objects.read(nameOf(key, "request"), Claim),
    async claim(key, claim) {
      const name = nameOf(key, "request");
      if (await objects.create(name, claim)) return claim;
      return (await objects.read(name, Claim)) ?? claim;
    },
    readAnswer: (key) => objects.read(nameOf(key, "answer"), Answer),
    async keepAnswer(key, answer) {
      const name = nameOf(key, "answer");
      if (await objects.create(name, answer)) return answer;
      return (await objects.read(name, Answer)) ?? answer;
    },
  };
}
