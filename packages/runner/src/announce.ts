import {
  type ArtifactRecord,
  type Attempt,
  type RequestBlock,
  type StepOutcome,
  type StepSpec,
  withAddresses,
} from "@segue/contracts";
import type { Errand } from "./errand.ts";
import type { HandlerParts } from "./handler-parts.ts";

/** Tells the catalog, and whoever this was for, what is at our address. */
export async function announce(
  parts: HandlerParts,
  errand: Errand,
  record: ArtifactRecord,
  how: StepOutcome["how"],
  attempt: Attempt,
): Promise<void> {
  const { step, publisher } = parts;
  const { requestId, trackId, master } = errand.request;
  const told = publisher.stepOutcome({
    requestId,
    trackId,
    master,
    step: step.name,
    version: step.version,
    kind: step.produces.name,
    address: record.address,
    how,
    outcome: record.outcome,
    attempt,
    at: parts.now().toISOString(),
  });
  await Promise.all([told, passOn(parts, errand, record)]);
}

/** A failure has no consumers, and is of no use to those that wait. */
async function passOn(parts: HandlerParts, errand: Errand, record: ArtifactRecord): Promise<void> {
  if (record.outcome.status === "failed") return;
  const request = await amendPlan(parts, errand.request, record);
  const [next, ...waiting] = errand.waiting;
  if (next !== undefined) {
    const type = waiting.length > 0 ? "Rebuild" : "Run";
    await parts.publisher.task({ type, step: next, request, waiting, hops: errand.hops });
  } else if (!errand.rebuilds && isAwaited(parts, request.wants)) await parts.publisher.fact(record, request);
}

/** Where the plan has our artifact elsewhere, it is put right before anybody hears of it: see `Amendments`. */
async function amendPlan(
  { amendments }: HandlerParts,
  request: RequestBlock,
  { kind, address }: ArtifactRecord,
): Promise<RequestBlock> {
  if (request.addresses[kind] === address) return request;
  await amendments.note({ requestId: request.requestId, kind }, address);
  return withAddresses(request, { [kind]: address });
}

/** Whether a wanted step consumes what we make. One that is not known here is younger than this worker, and may. */
function isAwaited({ step, chain }: HandlerParts, wants: readonly string[]): boolean {
  const known = new Map<string, StepSpec>(chain.steps.map((each) => [each.name, each]));
  return wants.some((name) => {
    const consumer = known.get(name);
    return !consumer || Object.values(consumer.consumes).some((kind) => kind.name === step.produces.name);
  });
}
