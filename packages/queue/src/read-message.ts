import {
  ArtifactReady,
  Fetch,
  Master,
  type RequestBlock,
  readKnown,
  StepError,
  sayWhy,
  Task,
  withAddresses,
} from "@segue/contracts";
import { z } from "zod";
import type { Delivery } from "./delivery.ts";

/** What every message says first: to find out what it is must not cost more than to read it. */
const Head = z.object({ v: z.unknown().optional(), type: z.unknown().optional() });

/** A fact or a task; why it is none, where it is none. */
export function readMessage({ data }: Pick<Delivery, "data">): ArtifactReady | Task | StepError {
  try {
    const json: unknown = JSON.parse(data.toString("utf8"));
    const head = Head.safeParse(json).data;
    const isFact = head?.type === "ArtifactReady";
    if (isFact && head?.v === 1) return ofFirstEdition();
    return isFact ? readKnown(ArtifactReady, json) : readKnown(Task, json);
  } catch (error) {
    return refusal("a fact or a task", error);
  }
}

/** A fetch; why it is none, where it is none. */
export function readFetch({ data }: Pick<Delivery, "data">): Fetch | StepError {
  try {
    return readKnown(Fetch, JSON.parse(data.toString("utf8")));
  } catch (error) {
    return refusal("a fetch", error);
  }
}

function refusal(expected: string, error: unknown): StepError {
  if (error instanceof StepError) return error;
  return new StepError("malformed-message", `expected ${expected} as JSON: ${sayWhy(error)}`, {
    cause: error,
  });
}

function ofFirstEdition(): StepError {
  return new StepError(
    "malformed-message",
    "expected a fact of form 2, got one of form 1: it is of the first edition, whose queues this one does not take over; send its track again",
  );
}

/** The request that a message is for. Its addresses say what the message itself knows: a fact, where its artifact is. */
export function requestOf(message: ArtifactReady | Task): RequestBlock {
  if (message.type !== "ArtifactReady") return message.request;
  const { record, request } = message;
  return record.kind === Master.name ? request : withAddresses(request, { [record.kind]: record.address });
}
