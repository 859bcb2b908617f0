import { createObject } from "@segue/artifacts";
import { catalogConsumer, deadLetterTopic, type Names } from "@segue/chain";
import { letterObjectName } from "@segue/contracts";
import type { ObjectStore } from "@segue/store";
import { z } from "zod";
import type { Incoming } from "./incoming.ts";

/** A message of the dead-letter topic, as it came: what it means is told as it was then, by the reader of messages. */
const KeptLetter = z.object({
  v: z.literal(1),
  type: z.literal("KeptLetter"),
  messageId: z.string(),
  /** Base64. */
  data: z.string(),
  attributes: z.record(z.string(), z.string()),
  publishedAt: z.iso.datetime(),
});

/** Dead letters as objects: the only trace that there is of a step that was given up. */
export interface DeadLetterObjects {
  /** Create-only; safe to repeat. @param trackId of the track that it is about; null: it is not known. */
  create(message: Incoming, trackId: string | null): Promise<void>;
}

export function createDeadLetterObjects(store: ObjectStore, names: Names): DeadLetterObjects {
  return {
    async create({ id, data, attributes, publishedAt }, trackId) {
      const letter: z.infer<typeof KeptLetter> = {
        v: 1,
        type: "KeptLetter",
        messageId: id,
        data: data.toString("base64"),
        attributes: { ...attributes },
        publishedAt: publishedAt.toISOString(),
      };
      const name = letterObjectName(id, trackId);
      await createObject(store, { bucket: names.bucket("records"), name }, letter);
    },
  };
}

/** The message that an object keeps; undefined: it keeps none. */
export function parseLetter(json: unknown, names: Names): Incoming | undefined {
  const letter = KeptLetter.safeParse(json).data;
  if (!letter) return undefined;
  return {
    id: letter.messageId,
    data: Buffer.from(letter.data, "base64"),
    attributes: letter.attributes,
    publishedAt: new Date(letter.publishedAt),
    topic: deadLetterTopic,
    subscription: names.subscription(deadLetterTopic, catalogConsumer),
  };
}
