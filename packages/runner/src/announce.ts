import { artifactRecords } from "@segue/artifacts";
import {
  type ArtifactRecord,
  type Attempt,
  type RequestBlock,
  type StepOutcome,
  type StepSpec,
  withAddresses,
} from "@segue/contracts";
import type { NewTask } from "@segue/queue";
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
    kind: record.kind,
    address: record.address,
    ...(record.outputs ? { outputs: record.outputs } : {}),
    how,
    outcome: record.outcome,
    ...(record.attempt ? { madeAt: record.attempt.finishedAt } : {}),
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
    await parts.publisher.task(taskForNext({ ...errand, request, waiting }, next));
  } else if (!errand.rebuilds) {
    const awaited = artifactRecords(record).filter(({ kind }) => isAwaited(parts, request.wants, kind));
    await Promise.all(awaited.map((each) => parts.publisher.fact(each, request)));
  }
}

function taskForNext({ request, waiting, share, hops }: Errand, step: string): NewTask {
  const told = { step, request, waiting: [...waiting], hops };
  if (waiting.length > 0) return { type: "Rebuild", ...told, ...(share ? { share } : {}) };
  return share ? { type: "Piece", ...told, ...share } : { type: "Run", ...told };
}

/** Where the plan has our artifact elsewhere, it is put right before anybody hears of it: see `Amendments`. */
async function amendPlan(
  { amendments }: HandlerParts,
  request: RequestBlock,
  { kind: own, address: ownAddress, outputs }: ArtifactRecord,
): Promise<RequestBlock> {
  const { requestId, addresses } = request;
  const news = Object.entries({ [own]: ownAddress, ...outputs }).filter(
    ([kind, address]) => addresses[kind] !== address,
  );
  await Promise.all(news.map(([kind, address]) => amendments.note({ requestId, kind }, address)));
  return news.length > 0 ? withAddresses(request, Object.fromEntries(news)) : request;
}

/** Whether a wanted step consumes a kind that we make. One that is not known here is younger than this worker, and may. */
function isAwaited({ chain }: HandlerParts, wants: readonly string[], kind: string): boolean {
  const known = new Map<string, StepSpec>(chain.steps.map((each) => [each.name, each]));
  return wants.some((name) => {
    const consumer = known.get(name);
    return !consumer || Object.values(consumer.consumes).some(({ name }) => name === kind);
  });
}
