import type { ArtifactReady, ArtifactRecord, Attempt } from "@segue/contracts";
import type { AnyStep } from "@segue/step";

type Step = Pick<AnyStep, "name">;

/**
 * A message that forces names its request, so that what follows from it does too: by the message that it came with first,
 * whose id stays when it is delivered again.
 */
export function nameForcedRequest(message: ArtifactReady, messageId: string): ArtifactReady {
  return message.force?.length && message.forceId === undefined
    ? { ...message, forceId: messageId }
    : message;
}

function isForced({ name }: Step, { force }: ArtifactReady): boolean {
  return force?.includes(name) ?? false;
}

/** For the record of what a message makes. */
export function forcedBy(step: Step, message: ArtifactReady): Pick<ArtifactRecord, "forcedBy"> {
  return isForced(step, message) && message.forceId !== undefined ? { forcedBy: message.forceId } : {};
}

/** Whether a message asks for work although its result is there: it forces, and its request has not had that work yet. */
export function forcesAnew(step: Step, message: ArtifactReady, existing: ArtifactRecord): boolean {
  return isForced(step, message) && existing.forcedBy !== message.forceId;
}

/** What a forced request has made, when its message comes again; undefined for what was there before, or was not forced. */
export function madeByRequest(
  step: Step,
  message: ArtifactReady,
  existing: ArtifactRecord,
): { readonly record: ArtifactRecord; readonly attempt: Attempt } | undefined {
  if (!isForced(step, message) || existing.forcedBy !== message.forceId) return undefined;
  const { laterFailure, ...record } = existing;
  if (laterFailure) {
    const outcome = { status: "failed" as const, error: laterFailure.error };
    return { record: { ...record, outcome }, attempt: laterFailure.attempt };
  }
  return existing.attempt ? { record: existing, attempt: existing.attempt } : undefined;
}
