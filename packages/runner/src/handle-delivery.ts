/**
 * One delivery, from message to ack: the state machine at the heart of every worker.
 *
 *   read --------------- malformed ------------------> dead-letter, ack
 *     | of a younger release ------------------------> nack: its workers can read it
 *     | for a step that this worker does not host ---> nack: another release of its service does
 *     | for the other subscription of the two -------> ack
 *   a fact: an input is there                               (handle-fact)
 *     | not wanted ----------------------------------> ack
 *   a task: Run, Continue, Piece, Join, Rebuild             (tasks/)
 *     | a Ping --------------------------------------> answer it, ack
 *   asked for in a later version than ours ----------> nack: a younger worker has it   (make-artifact)
 *   another worker may have had it before -> tell of what that one may have made again for it   (tell-remade)
 *   look at our own address                                 (find-result)
 *     | failed before, and not forced ---------------> tell the failure, ack
 *     | made before, nobody needs its payload again or forces it -> tell it, ack
 *   it comes again                                          (attempt)
 *     | and is put off for some time yet ------------> nack
 *   it waited long for a core, and its result is another by now -> look at our own address
 *   its payload is to be made again
 *     | and another request has that made already ---> nack: it will be there
 *   gather inputs; after a fact, one that the request forces and has not made yet is not there
 *     | one has not been made, and the plan was amended -> look there
 *     |   after a fact ------------------------------> ack (its own fact will come)
 *     |   for a task --------------------------------> have its producer make it, ack   (demand-input)
 *     | one has expired -----------------------------> the same
 *     | after a fact, another came just after this one -> nack, once: its own fact does the work
 *   run within the budget, from the latest checkpoint if there is one   (compute)
 *     | an attempt has crashed: in quarantine, beside the deliveries that follow   (open-chapter)
 *     |   and the worker's quarantine is taken ------> nack
 *     | it falls into pieces, and some are not made -> a task for each share of them, ack   (scatter)
 *     | a share of such pieces ----------------------> make them; a task for what is left of it, or the joining, ack
 *     | long input, and the budget is nearly spent, or its many files are made and only have to be joined
 *     |                                             -> store a checkpoint, send its continuation, ack
 *     | permanent error -----------------------------> record and tell the failure, ack
 *     | stopped (drain); storage or queue is away ---> nack   (give-back)
 *     | it starved, or this worker's machine is at fault -> put its work off for minutes; nack   (put-off)
 *     | any other error -----------------------------> add to the story; nack, or dead-letter when it is long enough
 *   store payload, then record; tell; ack                   (announce)
 *
 * Every transition is safe to repeat and safe to die in: nothing is acked before its effects are stored, and all
 * writes are create-only at content addresses.
 */

import { fromStoreError, withLedger } from "@segue/artifacts";
import { type ArtifactReady, priorityOf, StepError, type Task } from "@segue/contracts";
import { type Delivery, NotSentError, readMessage, requestOf } from "@segue/queue";
import type { Given } from "./errand.ts";
import { giveBack } from "./give-back.ts";
import { handleFact } from "./handle-fact.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import { handBack, refuse } from "./refuse.ts";
import { goOn } from "./tasks/continue.ts";
import { join } from "./tasks/join.ts";
import { makePieces } from "./tasks/piece.ts";
import { answerPing } from "./tasks/ping.ts";
import { rebuild } from "./tasks/rebuild.ts";
import { runWhole } from "./tasks/run-whole.ts";

/** Of the steps that a subscription is for: one where it tells of facts, all of its service where it brings tasks. */
export type HostedSteps = readonly [HandlerParts, ...HandlerParts[]];

export interface Ended {
  readonly ending: Ending;
  /** Null where the message does not tell. */
  readonly step: string | null;
}

/** Handles one delivery and acks or nacks it. Never throws. */
export async function handleDelivery(hosted: HostedSteps, delivery: Delivery): Promise<Ended> {
  const message = readMessage(delivery);
  const step = hosted.length === 1 ? hosted[0].step.name : null;
  if (message instanceof StepError) return { ending: await refuse(hosted[0], delivery, message, step), step };
  const found = partsFor(hosted, message);
  if (found instanceof StepError) return { ending: handBack(hosted[0], delivery, found), step };
  const artifacts = withLedger(found.artifacts, found.ledgers.of(requestOf(message).master));
  const parts = { ...found, artifacts };
  return { ending: await settle(parts, givenBy(delivery, message), message), step: parts.step.name };
}

async function settle(parts: HandlerParts, given: Given, message: ArtifactReady | Task): Promise<Ending> {
  try {
    const ending =
      priorityOf(message.request) === parts.priority ? await handle(parts, given, message) : "not-wanted";
    given.delivery.ack();
    if (ending === "computed" || ending === "handed-on") parts.fitness.worked();
    return ending;
  } catch (thrown) {
    const error = thrown instanceof NotSentError ? notSent(thrown) : fromStoreError(thrown);
    return message.type === "Ping"
      ? handBack(parts, given.delivery, error)
      : await giveBack(parts, given, error);
  }
}

/** What was made is safe; whoever has the message next tells of it. */
function notSent(cause: NotSentError): StepError {
  return new StepError("aborted", `the queue did not take what follows: ${cause.message}`, { cause });
}

function handle(parts: HandlerParts, given: Given, message: ArtifactReady | Task): Promise<Ending> {
  switch (message.type) {
    case "ArtifactReady":
      return handleFact(parts, given, message);
    case "Run":
      return runWhole(parts, given, message);
    case "Continue":
      return goOn(parts, given, message);
    case "Piece":
      return makePieces(parts, given, message);
    case "Join":
      return join(parts, given, message);
    case "Rebuild":
      return rebuild(parts, given, message);
    case "Ping":
      return answerPing(parts, message);
  }
}

function givenBy(delivery: Delivery, message: ArtifactReady | Task): Given {
  const pieces = message.type === "Piece" ? { from: message.from, to: message.to } : null;
  return { delivery, request: requestOf(message), pieces };
}

function partsFor(hosted: HostedSteps, message: ArtifactReady | Task): HandlerParts | StepError {
  if (message.type === "ArtifactReady") return hosted[0];
  const text = `expected a task for a step that this worker hosts, got one for ${message.step}`;
  return hosted.find(({ step }) => step.name === message.step) ?? new StepError("worker-outdated", text);
}
