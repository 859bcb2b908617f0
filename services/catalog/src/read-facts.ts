import { type Chain, deadLetterTopic, type Names, outcomesTopic, tracksTopic } from "@segue/chain";
import {
  BackfillRequested,
  BackfillSteered,
  DeadLettered,
  Name,
  PingAnswered,
  Request,
  readKnown,
  StepError,
  StepOutcome,
  StepOutcomes,
  type StepSpec,
  sayWhy,
  TakedownRequested,
  TrackAccepted,
  TrackId,
} from "@segue/contracts";
import { readMessage, requestOf } from "@segue/queue";
import { z } from "zod";
import {
  acceptedFacts,
  backfillFacts,
  deadLetteredFacts,
  pingFacts,
  requestFacts,
  steeringFacts,
  takedownFacts,
} from "./facts-of.ts";
import { findOrigin, type Origin, stepOf } from "./find-origin.ts";
import type { Incoming } from "./incoming.ts";
import { openBundle } from "./open-bundle.ts";
import { type DeadLetterRow, type Facts, mergeFacts, noFacts } from "./rows.ts";
import { askedSince, askedWithin, toldOutcomeFacts } from "./told-times.ts";

/** What a message says, or one of those that it bundles. */
export interface ReadMessage {
  readonly message: Incoming;
  readonly facts: Facts;
  /** Why it is for a catalog of a younger release, to which it should go back; undefined for one that is for this. */
  readonly tooYoung: string | undefined;
}

/** Says what messages mean in terms of the catalog's tables. Never throws: what can't be read is a dead letter. */
export interface FactReader {
  read(message: Incoming): Facts;
  /** Of a bundle each by itself: one that can't be read is in the way of no other. */
  readEach(message: Incoming): readonly ReadMessage[];
}

const TrackMessage = z.discriminatedUnion("type", [
  TrackAccepted,
  Request,
  BackfillRequested,
  BackfillSteered,
  TakedownRequested,
]);

function trackFacts(message: z.infer<typeof TrackMessage>, toldAt: Date): Facts {
  switch (message.type) {
    case "TrackAccepted":
      return acceptedFacts(askedWithin(message, toldAt));
    case "Request":
      return requestFacts(askedWithin(message, toldAt));
    case "BackfillRequested":
      return backfillFacts(askedSince(message, toldAt));
    case "BackfillSteered":
      return steeringFacts(message);
    case "TakedownRequested":
      return takedownFacts(message);
  }
}

const StepMessage = z.discriminatedUnion("type", [StepOutcome, StepOutcomes, PingAnswered]);

function stepFacts(message: z.infer<typeof StepMessage>, toldAt: Date): Facts {
  switch (message.type) {
    case "PingAnswered":
      // After a day it is of no use to anybody: one that was behind would not be heard.
      return pingFacts({ ...message, at: toldAt.toISOString() });
    case "StepOutcome":
      return toldOutcomeFacts(message, toldAt);
    case "StepOutcomes":
      throw new TypeError("expected the outcome of a step, got a bundle within a bundle");
  }
}

export function createFactReader(chain: Chain<StepSpec>, names: Names): FactReader {
  const readGivenUp = (message: Incoming, subscription: string): Facts => {
    // The chain may have changed since the last one.
    const origin = findOrigin(chain, names, subscription);
    if (origin && "topic" in origin) return read({ ...message, topic: origin.topic, attributes: {} });
    const count = message.attributes.CloudPubSubDeadLetterSourceDeliveryCount ?? "an unknown number of";
    const text = `gave up after ${count} deliveries on ${subscription}`;
    const letter = (trackId: string | null): Facts => ({
      ...noFacts,
      deadLetters: [
        asDeadLetter(message, { code: "retries-exhausted", text, trackId, origin, subscription }),
      ],
    });
    if (!origin) return letter(null);
    const given = readMessage(message);
    if (given instanceof StepError) throw given;
    if (given.type === "Ping") return letter(null);
    const request = requestOf(given);
    const step = stepOf(chain, origin, given);
    const failure = { code: "retries-exhausted", message: text };
    const failed = step ? deadLetteredFacts(chain, step, request, failure, message) : noFacts;
    return mergeFacts([letter(request.trackId), failed]);
  };

  const read = (message: Incoming): Facts => {
    const source = message.attributes.CloudPubSubDeadLetterSourceSubscription;
    if (message.topic === deadLetterTopic && source !== undefined) return readGivenUp(message, source);
    const json = parseJson(message);
    switch (message.topic) {
      case tracksTopic:
        return trackFacts(readKnown(TrackMessage, json), message.publishedAt);
      case outcomesTopic:
        return stepFacts(readKnown(StepMessage, json), message.publishedAt);
      case deadLetterTopic:
        return readLetter(readKnown(DeadLettered, json));
      default:
        throw new TypeError(`no messages are expected on the topic "${message.topic}"`);
    }
  };

  const readOne = (message: Incoming): ReadMessage => {
    try {
      return { message, facts: read(message), tooYoung: undefined };
    } catch (error) {
      const facts = { ...noFacts, deadLetters: [unreadable(message, error)] };
      return { message, facts, tooYoung: whyTooYoung(message, error) };
    }
  };
  const readEach = (message: Incoming) => openBundle(names, message).map(readOne);

  return {
    read: (message) => mergeFacts(readEach(message).map(({ facts }) => facts)),
    readEach,
  };
}

function whyTooYoung({ topic }: Incoming, error: unknown): string | undefined {
  // Nobody gives dead letters up: they would come back for ever.
  if (topic === deadLetterTopic) return undefined;
  return error instanceof StepError && error.code === "worker-outdated" ? error.message : undefined;
}

/** The runner says the step's outcome itself, in a message of its own. */
function readLetter(letter: DeadLettered): Facts {
  const row: DeadLetterRow = {
    subscription: letter.subscription,
    message_id: letter.messageId,
    track_id: letter.trackId,
    step: letter.step,
    error_code: letter.error.code,
    error_message: letter.error.message,
    story: letter.story,
    data: toHex(Buffer.from(letter.data, "base64")),
    attributes: letter.attributes,
    at: letter.at,
  };
  return { ...noFacts, deadLetters: [row] };
}

/** The entry for a message that could not be read, or not be stored: of whom it is, its attributes may tell. */
export function unreadable(message: Incoming, error: unknown): DeadLetterRow {
  const text = `expected a message of the topic "${message.topic}": ${sayWhy(error)}`;
  const { subscription, attributes } = message;
  const code = "malformed-message";
  const trackId = TrackId.safeParse(attributes.track).data ?? null;
  const letter = asDeadLetter(message, { code, text, trackId, origin: undefined, subscription });
  const story = [{ at: letter.at, worker: "catalog", error: { code, message: text } }];
  return { ...letter, step: Name.safeParse(attributes.step).data ?? null, story };
}

function asDeadLetter(
  message: Incoming,
  what: {
    code: string;
    text: string;
    trackId: string | null;
    origin: Origin | undefined;
    subscription: string;
  },
): DeadLetterRow {
  return {
    subscription: what.subscription,
    message_id: message.id,
    track_id: what.trackId,
    step: what.origin && "step" in what.origin ? what.origin.step.name : null,
    error_code: what.code,
    error_message: what.text,
    story: [],
    data: toHex(message.data),
    attributes: message.attributes,
    at: message.publishedAt.toISOString(),
  };
}

function parseJson(message: Incoming): unknown {
  return JSON.parse(message.data.toString("utf8"));
}

function toHex(data: Buffer): string {
  return `\\x${data.toString("hex")}`;
}
