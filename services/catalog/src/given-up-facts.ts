import type { Chain } from "@segue/chain";
import { DeadLettered, ownKindOf, StepError, type StepSpec } from "@segue/contracts";
import { readMessage, requestOf } from "@segue/queue";
import { deadLetteredFacts } from "./facts-of.ts";
import type { Incoming } from "./incoming.ts";
import { type Facts, noFacts } from "./rows.ts";
import { askedBy } from "./told-times.ts";

/**
 * The failed outcome that a worker told beside its dead letter, where the letter is all that is left of it. None where the step has
 * changed since: nobody knows how that would end.
 */
export function givenUpFacts(chain: Chain<StepSpec>, { data, publishedAt: toldAt }: Incoming): Facts {
  const letter = DeadLettered.safeParse(parseJson(data)).data;
  const step = letter && chain.steps.find(({ name }) => name === letter.step);
  if (!step) return noFacts;
  const message = readMessage({ data: Buffer.from(letter.data, "base64") });
  if (message instanceof StepError || message.type === "Ping") return noFacts;
  const request = requestOf(message);
  const publishedAt = new Date(askedBy(letter.at, toldAt));
  const facts = deadLetteredFacts(chain, step, request, letter.error, { publishedAt });
  const planned = request.addresses[ownKindOf(step)];
  return facts.attempts.every(({ address }) => address === planned) ? facts : noFacts;
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString("utf8"));
  } catch {
    return undefined;
  }
}
