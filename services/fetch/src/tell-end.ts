import { attemptFrom, unknownSpent } from "@segue/artifacts";
import { planFetched } from "@segue/chain";
import type { ArtifactRecord, Request, StepOutcome } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import type { FetchContext } from "./fetch-context.ts";

/** Tells the catalog how a fetch has ended, and, where there is a master, begins the chain with it. Safe to repeat. */
export async function tellEnd(
  context: FetchContext,
  delivery: Delivery,
  request: Request,
  end: StepOutcome,
): Promise<void> {
  const { publisher, chain } = context;
  const told = publisher.stepOutcome(asToldTo(context, delivery, request, end));
  const { master } = end;
  if (master === null) return await told;
  const begun = publisher.fact(recordOf(end, master), planFetched(chain, request, master));
  await Promise.all([told, begun]);
}

/** What another request's fetch has brought is found there. */
function asToldTo(
  context: FetchContext,
  delivery: Delivery,
  request: Request,
  end: StepOutcome,
): StepOutcome {
  if (end.requestId === request.requestId) return end;
  const at = context.now();
  const attempt = attemptFrom(context, delivery, at, unknownSpent);
  return { ...end, requestId: request.requestId, how: "skipped", attempt, at: at.toISOString() };
}

/** A master's record: what the chain begins with. */
function recordOf({ kind, outcome }: StepOutcome, master: string): ArtifactRecord {
  return { v: 1, address: master, kind, step: null, inputs: {}, outcome, attempt: null };
}
