/** Bytes that `value` takes as an unsigned varint; `value` is an integer in [0, 2^53). */
export function varintBytes(value: number): number {
  let bytes = 1;
  while (value >= 128) {
    value = Math.floor(value / 128);
    bytes++;
  }
  return bytes;
}

/** Writes `value` as an unsigned varint at `offset` and returns the offset after it. */
export function writeVarint(target: Uint8Array, value: number, offset: number): number {
  while (value >= 128) {
    target[offset++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  target[offset++] = value;
  return offset;
}

/** An encoded `PublishResponse`: message_ids = 1. */
export function encodePublishResponse(firstId: number, count: number): Buffer {
  const ids: string[] = [];
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const text = String(firstId + i);
    ids.push(text);
    bytes += 2 + text.length;
  }
  const response = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const text of ids) {
    response[offset++] = 0x0a;
    response[offset++] = text.length;
    offset += response.write(text, offset, "latin1");
  }
  return response;
}

/** One entry of `received_messages`: `deliveryAttempt` 0 leaves the field out, as without a dead-letter policy. */
export type ReceivedMessage = {
  readonly ackId: string;
  /** The encoded PubsubMessage as its publisher sent it. */
  readonly body: Uint8Array;
  readonly id: string;
  readonly publishedMs: number;
  readonly deliveryAttempt: number;
};

/** Bytes of an encoded Timestamp: seconds = 1, nanos = 2. */
function timestampBytes(ms: number): number {
  return 2 + varintBytes(Math.floor(ms / 1000)) + varintBytes((ms % 1000) * 1_000_000);
}

function messageBytes({ body, id, publishedMs }: ReceivedMessage): number {
  return body.length + 2 + id.length + 2 + timestampBytes(publishedMs);
}

function receivedBytes(one: ReceivedMessage, message: number): number {
  const attempt = one.deliveryAttempt > 0 ? 1 + varintBytes(one.deliveryAttempt) : 0;
  return 2 + one.ackId.length + 1 + varintBytes(message) + message + attempt;
}

/**
 * The publisher's bytes, then the id and the publish time that the server assigned. In protobuf the last value of a field
 * wins, so what a publisher may have put there does not matter; both parts of the time are always written because nested
 * messages merge.
 */
function writeMessage(target: Buffer, one: ReceivedMessage, start: number): number {
  let offset = start;
  target.set(one.body, offset);
  offset += one.body.length;
  target[offset++] = 0x1a; // message_id = 3
  target[offset++] = one.id.length;
  offset += target.write(one.id, offset, "latin1");
  target[offset++] = 0x22; // publish_time = 4
  target[offset++] = timestampBytes(one.publishedMs);
  target[offset++] = 0x08; // seconds = 1
  offset = writeVarint(target, Math.floor(one.publishedMs / 1000), offset);
  target[offset++] = 0x10; // nanos = 2
  return writeVarint(target, (one.publishedMs % 1000) * 1_000_000, offset);
}

/**
 * Encoded `received_messages` (field 1 of both PullResponse and StreamingPullResponse). Ack ids are ASCII and
 * shorter than 128 characters; publish times are whole milliseconds.
 */
export function encodeReceivedMessages(received: readonly ReceivedMessage[]): Buffer {
  let bytes = 0;
  for (const one of received) {
    const size = receivedBytes(one, messageBytes(one));
    bytes += 1 + varintBytes(size) + size;
  }
  const response = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (const one of received) {
    const message = messageBytes(one);
    response[offset++] = 0x0a;
    offset = writeVarint(response, receivedBytes(one, message), offset);
    response[offset++] = 0x0a; // ack_id = 1
    response[offset++] = one.ackId.length;
    offset += response.write(one.ackId, offset, "latin1");
    response[offset++] = 0x12; // message = 2
    offset = writeMessage(response, one, writeVarint(response, message, offset));
    if (one.deliveryAttempt > 0) {
      response[offset++] = 0x18; // delivery_attempt = 3
      offset = writeVarint(response, one.deliveryAttempt, offset);
    }
  }
  return response;
}

const ORDERED = Buffer.from([0x22, 0x02, 0x10, 0x01]);
const UNORDERED = Buffer.from([0x22, 0x00]);

/**
 * `subscription_properties` (field 4) of a StreamingPullResponse, which every response of a stream has: Go's client takes
 * one without for a subscription without ordering.
 */
export function encodeSubscriptionProperties(messageOrdering: boolean): Buffer {
  return messageOrdering ? ORDERED : UNORDERED;
}
