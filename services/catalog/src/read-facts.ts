import { type Chain, deadLetterTopic, type Names, outcomesTopic, tracksTopic } from "@segue/chain";
import {
  BackfillRequested,
  BackfillSteered,
  DeadLettered,
  PingAnswered,
  Request,
  readKnown,
  StepError,
  StepOutcome,
  type StepSpec,
  TrackAccepted,
} from "@segue/contracts";
import { readMessage, requestOf } from "@segue/queue";
import { z } from "zod";
import {
  acceptedFacts,
  backfillFacts,
  deadLetteredFacts,
  outcomeFacts,
  pingFacts,
  requestFacts,
  steeringFacts,
} from "./facts-of.ts";
import { findOrigin, type Origin, stepOf } from "./find-origin.ts";
import { type DeadLetterRow, type Facts, mergeFacts, noFacts } from "./rows.ts";

/** A message as it came to the catalog. */
export interface Incoming {
  readonly id: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly publishedAt: Date;
  /** As the chain's topology names it: `tracks`, `outcomes` or `dead-letter`. */
  readonly topic: string;
  readonly subscription: string;
}

/** Says what messages mean in terms of the catalog's tables. */
export interface FactReader {
  /** Never throws: what can't be read is a dead letter. */
  read(message: Incoming): Facts;
  /** Why a message is for a catalog of a younger release, to which it should go back; undefined for one that is for this. */
  tooYoung(message: Incoming): string | undefined;
}

const TrackMessage = z.discriminatedUnion("type", [
  TrackAccepted,
  Request,
  BackfillRequested,
  BackfillSteered,
]);

function trackFacts(message: z.infer<typeof TrackMessage>): Facts {
  switch (message.type) {
    case "TrackAccepted":
      return acceptedFacts(message);
    case "Request":
      return requestFacts(message);
    case "BackfillRequested":
      return backfillFacts(message);
    case "BackfillSteered":
      return steeringFacts(message);
  }
}

const StepMessage = z.discriminatedUnion("type", [StepOutcome, PingAnswered]);

function stepFacts(message: z.infer<typeof StepMessage>): Facts {
  return message.type === "PingAnswered" ? pingFacts(message) : outcomeFacts(message);
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
        return trackFacts(readKnown(TrackMessage, json));
      case outcomesTopic:
        return stepFacts(readKnown(StepMessage, json));
      case deadLetterTopic:
        return readLetter(readKnown(DeadLettered, json));
      default:
        throw new TypeError(`no messages are expected on the topic "${message.topic}"`);
    }
  };

  return {
    read(message) {
      try {
        return read(message);
      } catch (error) {
        return { ...noFacts, deadLetters: [unreadable(message, error)] };
      }
    },
    tooYoung(message) {
      // Nobody gives dead letters up: they would come back for ever.
      if (message.topic === deadLetterTopic) return undefined;
      try {
        read(message);
        return undefined;
      } catch (error) {
        return error instanceof StepError && error.code === "worker-outdated" ? error.message : undefined;
      }
    },
  };
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

/** A message can be wrong in a million places, each with words of its own. */
const shownChars = 2_000;

/** The entry for a message that could not be read, or that the database refused. */
export function unreadable(message: Incoming, error: unknown): DeadLetterRow {
  const why = (error instanceof Error ? error.message : String(error)).slice(0, shownChars);
  const text = `expected a message of the topic "${message.topic}": ${why}`;
  const { subscription } = message;
  return asDeadLetter(message, {
    code: "malformed-message",
    text,
    trackId: null,
    origin: undefined,
    subscription,
  });
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
