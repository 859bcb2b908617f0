import { createHash } from "node:crypto";
import { createOrRead, readObjectAs } from "@segue/artifacts";
import type { Names } from "@segue/chain";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";

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

export function createKeyedRequests(store: ObjectStore, names: Names): KeyedRequests {
  const refOf = (key: string, what: "request" | "answer") => ({
    bucket: names.bucket("records"),
    name: `${createHash("sha256").update(key).digest("hex")}.${what}.json`,
  });
  return {
    readClaim: (key) => readObjectAs(store, refOf(key, "request"), Claim),
    claim: (key, claim) => createOrRead(store, refOf(key, "request"), Claim, claim),
    readAnswer: (key) => readObjectAs(store, refOf(key, "answer"), Answer),
    keepAnswer: (key, answer) => createOrRead(store, refOf(key, "answer"), Answer, answer),
  };
}
