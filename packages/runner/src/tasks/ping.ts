import type { Ping } from "@segue/contracts";
import type { Ending, HandlerParts } from "../handler-parts.ts";

/** Says that a worker of the step is there. Storage is not touched. */
export async function answerPing(parts: HandlerParts, { request }: Ping): Promise<Ending> {
  const { step, publisher, worker } = parts;
  await publisher.pingAnswered({
    pingId: request.requestId,
    step: step.name,
    version: step.version,
    worker,
    at: parts.now().toISOString(),
  });
  return "ping-answered";
}
