import { invalidArgument } from "./status-error.ts";
import { WireReader } from "./wire-reader.ts";

/** Documented limits: https://cloud.google.com/pubsub/quotas#resource_limits */
export const LIMITS = {
  requestBytes: 10_000_000,
  messagesPerPublish: 1000,
  attributes: 100,
  attributeKeyBytes: 256,
  attributeValueBytes: 1024,
  orderingKeyBytes: 1024,
} as const;

/** A message as it stands in a publish request: where its bytes are, and what the server must know of it. */
export type PublishedMessage = {
  readonly request: Buffer;
  readonly start: number;
  readonly end: number;
  readonly orderingKey: string;
};

export type PublishRequest = { readonly topic: string; readonly messages: readonly PublishedMessage[] };

/** Finds the messages of an encoded `google.pubsub.v1.PublishRequest` and holds each to the documented limits. */
export function parsePublishRequest(request: Buffer): PublishRequest {
  if (request.length > LIMITS.requestBytes + 4096) {
    throw invalidArgument("publish request", `at most ${LIMITS.requestBytes} bytes`, request.length);
  }
  const reader = new WireReader(request);
  const messages: PublishedMessage[] = [];
  let topic = "";
  while (reader.next()) {
    if (reader.field === 1) topic = reader.string();
    else if (reader.field === 2) {
      const outer = reader.enter();
      messages.push(parseMessage(reader));
      reader.leave(outer);
    } else reader.skip();
  }
  if (messages.length === 0 || messages.length > LIMITS.messagesPerPublish) {
    throw invalidArgument("messages", `1 to ${LIMITS.messagesPerPublish} messages`, messages.length);
  }
  return { topic, messages };
}

function parseMessage(reader: WireReader): PublishedMessage {
  const { buffer: request, position: start, end } = reader;
  let dataBytes = 0;
  let attributes = 0;
  let orderingKey = "";
  while (reader.next()) {
    if (reader.field === 1) {
      const dataEnd = reader.lengthEnd();
      dataBytes = dataEnd - reader.position;
      reader.position = dataEnd;
    } else if (reader.field === 2) {
      attributes++;
      checkAttribute(reader);
    } else if (reader.field === 5) orderingKey = reader.string();
    else reader.skip();
  }
  if (dataBytes === 0 && attributes === 0) {
    throw invalidArgument("message", "non-empty data or at least one attribute", "neither");
  }
  if (end - start > LIMITS.requestBytes) {
    throw invalidArgument("message", `at most ${LIMITS.requestBytes} bytes`, end - start);
  }
  if (attributes > LIMITS.attributes) {
    throw invalidArgument("attributes", `at most ${LIMITS.attributes} attributes`, attributes);
  }
  if (Buffer.byteLength(orderingKey) > LIMITS.orderingKeyBytes) {
    throw invalidArgument("orderingKey", `at most ${LIMITS.orderingKeyBytes} bytes`, orderingKey.length);
  }
  return { request, start, end, orderingKey };
}

function checkAttribute(reader: WireReader): void {
  const outer = reader.enter();
  let keyBytes = 0;
  while (reader.next()) {
    if (reader.field !== 1 && reader.field !== 2) {
      reader.skip();
      continue;
    }
    const valueEnd = reader.lengthEnd();
    const valueBytes = valueEnd - reader.position;
    if (reader.field === 1) {
      keyBytes = valueBytes;
      checkKey(reader.buffer, reader.position, keyBytes);
    } else if (valueBytes > LIMITS.attributeValueBytes) {
      throw invalidArgument("attribute value", `at most ${LIMITS.attributeValueBytes} bytes`, valueBytes);
    }
    reader.position = valueEnd;
  }
  reader.leave(outer);
  if (keyBytes === 0) throw invalidArgument("attribute key", "a non-empty key", "");
}

const LOWER_G = 0x67;

function checkKey(buffer: Buffer, start: number, keyBytes: number): void {
  if (keyBytes > LIMITS.attributeKeyBytes) {
    throw invalidArgument("attribute key", `at most ${LIMITS.attributeKeyBytes} bytes`, keyBytes);
  }
  if (buffer[start] !== LOWER_G) return;
  // Google's own clients carry trace context in googclient_ attributes; the rest of the prefix is reserved.
  const key = buffer.toString("utf8", start, start + keyBytes);
  if (key.startsWith("goog") && !key.startsWith("googclient_")) {
    throw invalidArgument("attribute key", "a key that does not start with goog", key);
  }
}

/** Decodes the attributes of an encoded PubsubMessage that lies in `buffer[start, end)`. */
export function readAttributes(buffer: Buffer, start: number, end: number): Map<string, string> {
  const attributes = new Map<string, string>();
  const reader = new WireReader(buffer, start, end);
  while (reader.next()) {
    if (reader.field !== 2) {
      reader.skip();
      continue;
    }
    const entryEnd = reader.lengthEnd();
    const entry = new WireReader(buffer, reader.position, entryEnd);
    reader.position = entryEnd;
    let key = "";
    let value = "";
    while (entry.next()) {
      if (entry.field === 1) key = entry.string();
      else if (entry.field === 2) value = entry.string();
      else entry.skip();
    }
    attributes.set(key, value);
  }
  return attributes;
}
