import type { ArtifactReady, ArtifactRecord, Attempt, StepOutcome } from "@segue/contracts";
import type { HandlerParts } from "./handler-parts.ts";

/** Tells consumers and the catalog what is at our address. A failure has no consumers. */
export async function announce(
  parts: HandlerParts,
  message: ArtifactReady,
  record: ArtifactRecord,
  how: StepOutcome["how"],
  attempt: Attempt,
): Promise<void> {
  const { step, announcer } = parts;
  const { trackId, master } = message;
  // A continuation is between a step and itself.
  const { checkpoint: _, pieces: __, ...forward } = message;
  const outcome = announcer.stepOutcome({
    v: 1,
    type: "StepOutcome",
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
  const ready =
    record.outcome.status === "succeeded" ? announcer.artifactReady({ ...forward, record }) : undefined;
  await Promise.all([outcome, ready]);
}
