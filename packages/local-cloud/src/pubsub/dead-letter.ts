import type { PublishedMessage } from "./publish-request.ts";
import { varintBytes, writeVarint } from "./wire-writer.ts";

/** Where a dead-lettered message comes from. */
export type DeadLetterSource = {
  readonly subscriptionId: string;
  readonly project: string;
  readonly deliveryCount: number;
  readonly publishedMs: number;
};

/**
 * The message that goes to the dead-letter topic: the original with the documented CloudPubSubDeadLetterSource*
 * attributes added (map entries appended to the encoded message; a later entry of the same key wins).
 */
export function deadLetterMessage(
  original: Uint8Array,
  orderingKey: string,
  source: DeadLetterSource,
): PublishedMessage {
  const attributes = [
    ["CloudPubSubDeadLetterSourceDeliveryCount", String(source.deliveryCount)],
    ["CloudPubSubDeadLetterSourceSubscription", source.subscriptionId],
    ["CloudPubSubDeadLetterSourceSubscriptionProject", source.project],
    ["CloudPubSubDeadLetterSourceTopicPublishTime", new Date(source.publishedMs).toISOString()],
  ].map(([key, value]) => encodeAttribute(key ?? "", value ?? ""));
  const request = Buffer.concat([original, ...attributes]);
  return { request, start: 0, end: request.length, orderingKey };
}

/** An entry of PubsubMessage.attributes (field 2): key = 1, value = 2. */
function encodeAttribute(key: string, value: string): Buffer {
  const entry = Buffer.concat([encodeString(0x0a, key), encodeString(0x12, value)]);
  return Buffer.concat([prefix(0x12, entry.length), entry]);
}

function encodeString(tag: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([prefix(tag, bytes.length), bytes]);
}

function prefix(tag: number, length: number): Buffer {
  const bytes = Buffer.alloc(1 + varintBytes(length));
  bytes[0] = tag;
  writeVarint(bytes, length, 1);
  return bytes;
}
