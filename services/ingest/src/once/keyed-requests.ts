import { createOrRead, readObjectAs } from "@segue/artifacts";
import type { Names } from "@segue/chain";
import { digestFor, keyedObjectName } from "@segue/contracts";
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

/** A key, and whose it is: another owner's is another one. */
export interface OwnKey {
  readonly owner: string;
  readonly key: string;
  /** What it came as; the header when left out. */
  readonly said?: string;
}

/**
 * Requests with an `Idempotency-Key`, as objects beside the tracks': two instances of the API, and one that was restarted,
 * agree on what a key stands for. Kept as long as tracks are.
 */
export interface KeyedRequests {
  readClaim(key: OwnKey): Promise<Claim | undefined>;
  /** Create-only; returns the claim that holds, which is another's if another came first. */
  claim(key: OwnKey, claim: Claim): Promise<Claim>;
  readAnswer(key: OwnKey): Promise<Answer | undefined>;
  /** As `claim`. */
  keepAnswer(key: OwnKey, answer: Answer): Promise<Answer>;
}

export function createKeyedRequests(store: ObjectStore, names: Names): KeyedRequests {
  const refOf = ({ owner, key }: OwnKey, what: "request" | "answer") => ({
    bucket: names.bucket("records"),
    name: keyedObjectName(digestFor(owner, key), what),
  });
  return {
    readClaim: (key) => readObjectAs(store, refOf(key, "request"), Claim),
    claim: (key, claim) => createOrRead(store, refOf(key, "request"), Claim, claim),
    readAnswer: (key) => readObjectAs(store, refOf(key, "answer"), Answer),
    keepAnswer: (key, answer) => createOrRead(store, refOf(key, "answer"), Answer, answer),
  };
}
