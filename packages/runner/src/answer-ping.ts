import type { ArtifactReady } from "@segue/contracts";
import { type Ending, type HandlerParts, locate } from "./handler-parts.ts";

/**
 * Answers a ping, and announces our artifact as if it were there, so that all that follows is pinged too. Storage is not
 * touched. A step with several triggers answers once for each.
 */
export async function answerPing(parts: HandlerParts, message: ArtifactReady): Promise<Ending> {
  const { step, announcer, worker } = parts;
  const { inputs, address } = locate(parts, message);
  await Promise.all([
    announcer.pingAnswered({
      v: 1,
      type: "PingAnswered",
      pingId: message.trackId,
      step: step.name,
      version: step.version,
      worker,
      at: parts.now().toISOString(),
    }),
    announcer.artifactReady({
      ...message,
      record: {
        v: 1,
        address,
        kind: step.produces.name,
        step: { name: step.name, version: step.version },
        inputs,
        outcome: { status: "succeeded", facts: null, payload: null },
        attempt: null,
      },
    }),
  ]);
  return "ping-answered";
}
