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

/**
 * The encoded PubsubMessage that is stored and delivered: the publisher's bytes, then the id and the publish
 * time that the server assigns. In protobuf the last value of a field wins, so what a publisher may have put
 * there does not matter, and both parts of the time are always written because nested messages merge.
 */
export function stampMessage(
  source: Buffer,
  start: number,
  end: number,
  id: number,
  publishedMs: number,
): Buffer {
  const idText = String(id);
  const seconds = Math.floor(publishedMs / 1000);
  const nanos = (publishedMs - seconds * 1000) * 1_000_000;
  const timeBytes = 2 + varintBytes(seconds) + varintBytes(nanos);
  const stamped = Buffer.allocUnsafe(end - start + 2 + idText.length + 2 + timeBytes);
  let offset = source.copy(stamped, 0, start, end);
  stamped[offset++] = 0x1a; // message_id = 3
  stamped[offset++] = idText.length;
  offset += stamped.write(idText, offset, "latin1");
  stamped[offset++] = 0x22; // publish_time = 4
  stamped[offset++] = timeBytes;
  stamped[offset++] = 0x08; // Timestamp.seconds = 1
  offset = writeVarint(stamped, seconds, offset);
  stamped[offset++] = 0x10; // Timestamp.nanos = 2
  writeVarint(stamped, nanos, offset);
  return stamped;
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
  readonly message: Uint8Array;
  readonly deliveryAttempt: number;
};

function receivedBytes({ ackId, message, deliveryAttempt }: ReceivedMessage): number {
  const attempt = deliveryAttempt > 0 ? 1 + varintBytes(deliveryAttempt) : 0;
  return 2 + ackId.length + 1 + varintBytes(message.length) + message.length + attempt;
}

/**
 * Encoded `received_messages` (field 1 of both PullResponse and StreamingPullResponse). Ack ids are ASCII and
 * shorter than 128 characters.
 */
export function encodeReceivedMessages(received: readonly ReceivedMessage[]): Buffer {
  let bytes = 0;
  const sizes: number[] = [];
  for (const one of received) {
    const size = receivedBytes(one);
    sizes.push(size);
    bytes += 1 + varintBytes(size) + size;
  }
  const response = Buffer.allocUnsafe(bytes);
  let offset = 0;
  for (let i = 0; i < received.length; i++) {
    const one = received[i];
    if (!one) continue;
    response[offset++] = 0x0a;
    offset = writeVarint(response, sizes[i] ?? 0, offset);
    response[offset++] = 0x0a; // ack_id = 1
    response[offset++] = one.ackId.length;
    offset += response.write(one.ackId, offset, "latin1");
    response[offset++] = 0x12; // message = 2
    offset = writeVarint(response, one.message.length, offset);
    response.set(one.message, offset);
    offset += one.message.length;
    if (one.deliveryAttempt > 0) {
      response[offset++] = 0x18; // delivery_attempt = 3
      offset = writeVarint(response, one.deliveryAttempt, offset);
    }
  }
  return response;
}

/** A StreamingPullResponse that carries only `subscription_properties` (field 4): what the stream starts with. */
export function encodeSubscriptionProperties(messageOrdering: boolean): Buffer {
  return messageOrdering ? Buffer.from([0x22, 0x02, 0x10, 0x01]) : Buffer.from([0x22, 0x00]);
}
