import { randomUUID } from "node:crypto";
import {
  type Chain,
  deadLetterTopic,
  fetchService,
  newsTopic,
  outcomesTopic,
  tasksTopic,
  tracksTopic,
} from "@segue/chain";
import {
  type ArtifactReady,
  type ArtifactRecord,
  type BackfillRequested,
  type BackfillSteered,
  type DeadLettered,
  type Fetch,
  factAttributes,
  fetchForm,
  fetchStep,
  type News,
  type PingAnswered,
  type Request,
  type RequestBlock,
  returnedAttribute,
  type StepOutcome,
  storyAttribute,
  type TakedownRequested,
  type Task,
  type TrackAccepted,
  taskAttributes,
} from "@segue/contracts";
import { injectTrace, type TraceContext } from "@segue/telemetry";
import type { Send } from "./send.ts";

/** What is known of a message that is sent again. */
export interface SentAgain {
  /** The attribute that names its story; undefined where it had none. */
  readonly story: string | undefined;
  /** How often the queue has given up on it. */
  readonly returned: number;
}

/** A task, in its writer's words. */
export type NewTask = { [T in Task["type"]]: NewTaskOf<Extract<Task, { type: T }>> }[Task["type"]];
type Optional = "waiting" | "share" | "hops";
type NewTaskOf<T extends Task> = Omit<T, "v" | Optional> & Partial<Pick<T, Optional>>;

/** A fact of a track, as clients and catalogs make it. */
export type TrackFact = TrackAccepted | Request | BackfillRequested | BackfillSteered | TakedownRequested;

/** Builds every message that there is, and publishes it; each promise resolves when the queue has it safe. */
export interface Publisher {
  /** An artifact is there. */
  fact(record: ArtifactRecord, request: RequestBlock): Promise<void>;
  /** To the service that hosts the task's step. */
  task(task: NewTask, again?: SentAgain): Promise<void>;
  /** To the service that fetches sources. */
  fetch(fetch: Pick<Fetch, "source" | "request">, again?: SentAgain): Promise<void>;
  stepOutcome(outcome: Omit<StepOutcome, "v" | "type">): Promise<void>;
  pingAnswered(answer: Omit<PingAnswered, "v" | "type">): Promise<void>;
  deadLettered(letter: Omit<DeadLettered, "v" | "type">): Promise<void>;
  trackFact(fact: TrackFact): Promise<void>;
  news(news: News): Promise<void>;
  /** One whose messages all belong to a trace. */
  within(trace: TraceContext): Publisher;
}

/** @param chain tells which service hosts a step. */
export function createPublisher(
  send: Send,
  chain: Pick<Chain, "serviceOf">,
  trace?: TraceContext,
): Publisher {
  const publish = (topic: string, json: object, attributes: Record<string, string>) =>
    send(topic, { data: Buffer.from(JSON.stringify(json)), attributes: injectTrace(attributes, trace) });
  return {
    fact(record, request) {
      const fact: ArtifactReady = { v: 2, type: "ArtifactReady", record, request };
      return publish(record.kind, fact, { [storyAttribute]: randomUUID(), ...factAttributes(fact) });
    },
    task: (task, again) =>
      publish(
        tasksTopic(chain.serviceOf(task.step)),
        { v: 1, ...task },
        { ...storyAttributes(again), ...taskAttributes(task) },
      ),
    fetch({ source, request }, again) {
      const fetch: Fetch = { v: fetchForm(source, request), type: "Fetch", source, request };
      const attributes = taskAttributes({ step: fetchStep, request });
      return publish(tasksTopic(fetchService), fetch, { ...storyAttributes(again), ...attributes });
    },
    stepOutcome(outcome) {
      const { trackId: track, step, master } = outcome;
      const v = master === null ? 2 : 1;
      return publish(outcomesTopic, { v, type: "StepOutcome", ...outcome }, { track, step });
    },
    pingAnswered: (answer) =>
      publish(outcomesTopic, { v: 1, type: "PingAnswered", ...answer }, { step: answer.step }),
    deadLettered: ({ step, ...letter }) =>
      publish(
        deadLetterTopic,
        { v: 1, type: "DeadLettered", step, ...letter },
        step === null ? {} : { step },
      ),
    trackFact: (fact) => publish(tracksTopic, fact, "trackId" in fact ? { track: fact.trackId } : {}),
    news: (news) => publish(newsTopic, news, {}),
    within: (outer) => createPublisher(send, chain, outer),
  };
}

/** A message that is sent for the first time begins a story of its own. */
function storyAttributes({ story = randomUUID(), returned = 0 }: Partial<SentAgain> = {}) {
  return {
    [storyAttribute]: story,
    ...(returned > 0 ? { [returnedAttribute]: String(returned) } : {}),
  };
}
