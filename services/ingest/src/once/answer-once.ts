import { createHash } from "node:crypto";
import { deletedClaim } from "@segue/artifacts";
import { canonicalJson } from "@segue/chain";
import type { Json } from "@segue/contracts";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { ownerOf } from "../owner-of.ts";
import { ProblemError } from "../problem-error.ts";
import type { Answer, KeyedRequests, OwnKey } from "./keyed-requests.ts";
import { readKey } from "./read-key.ts";

/** Work that a request asks for, in the two parts that make it repeatable. */
export interface Undertaking<P extends z.ZodType> {
  /** What the request is: under the same key, another one is refused. */
  readonly request: object;
  readonly plan: P;
  /** Settles what would come out otherwise a second time: ids, times. Nothing is promised yet. */
  decide(): Promise<z.output<P>>;
  /** Does it. Safe to repeat with the same plan. */
  carryOut(plan: z.output<P>): Promise<Omit<Answer, "v">>;
}

/**
 * Carries a request out; with an `Idempotency-Key`, once:
 *
 * - The plan is written under the key, create-only, before anything is done: of requests at the same moment, on whatever
 *   instance, one plan holds, and all carry that one out.
 * - The answer is written when it is done. A later request gets it as it was.
 * - Between the two, a process may have died: the request that comes again goes on with the plan.
 *
 * A request that was refused leaves nothing behind: its key is still to be used.
 *
 * @throws {ProblemError} `idempotency-key-reused` when the key stands for another request, `track-deleted` when what it stood for was deleted; what the undertaking throws.
 */
export async function answerOnce<P extends z.ZodType>(
  { keyed }: { readonly keyed: KeyedRequests },
  asked: FastifyRequest,
  reply: FastifyReply,
  undertaking: Undertaking<P>,
): Promise<FastifyReply> {
  const given = readKey(asked.raw);
  const key = given === undefined ? undefined : { owner: ownerOf(asked), key: given };
  const { answer, isReplayed } = await doOnce({ keyed }, key, undertaking);
  return send(isReplayed ? reply.header("idempotency-replayed", "true") : reply, answer);
}

/** As `answerOnce`, whoever is told. @param key undefined: it is done however often it is asked for. */
export async function doOnce<P extends z.ZodType>(
  { keyed }: { readonly keyed: KeyedRequests },
  key: OwnKey | undefined,
  undertaking: Undertaking<P>,
): Promise<{ readonly answer: Omit<Answer, "v">; readonly isReplayed: boolean }> {
  const { decide, carryOut, plan } = undertaking;
  if (key === undefined) return { answer: await carryOut(await decide()), isReplayed: false };
  const request = digestOf(undertaking.request);
  const earlier = await keyed.readClaim(key);
  requireSame(earlier?.request ?? request, request, key);
  const answered = earlier && (await keyed.readAnswer(key));
  if (answered) return { answer: answered, isReplayed: true };

  const claim = earlier ?? (await keyed.claim(key, { v: 1, request, plan: await decide() }));
  requireSame(claim.request, request, key);
  const answer = await carryOut(plan.parse(claim.plan));
  return { answer: await keyed.keepAnswer(key, { v: 1, ...answer }), isReplayed: false };
}

/** Of equal requests equal, however their fields were ordered. */
function digestOf(request: object): string {
  const plain: Json = JSON.parse(JSON.stringify(request));
  return createHash("sha256").update(canonicalJson(plain)).digest("hex");
}

function requireSame(earlier: string, now: string, { said = "Idempotency-Key" }: OwnKey): void {
  if (earlier === now) return;
  if (earlier === deletedClaim)
    throw new ProblemError("track-deleted", `${said}: what it was used for was deleted`);
  throw new ProblemError("idempotency-key-reused", `${said}: it was used before, for another request`);
}

function send(reply: FastifyReply, { status, location, body }: Omit<Answer, "v">): FastifyReply {
  return reply.code(status).header("location", location).send(body);
}
