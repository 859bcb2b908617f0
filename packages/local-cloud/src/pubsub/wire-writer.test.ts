import { expect, it } from "vitest";
import { decode, encode } from "./protos.ts";
import { encodePublishResponse, encodeReceivedMessages } from "./wire-writer.ts";

it("encodes received messages as protobuf does, over what a publisher may have put into server fields", () => {
  const body = encode("google.pubsub.v1.PubsubMessage", {
    data: Buffer.from("abc"),
    attributes: { kind: "pcm" },
    messageId: "forged",
    publishTime: { seconds: 1, nanos: 999 },
    orderingKey: "k",
  });
  const publishedMs = 1_763_719_999_000;
  const bytes = encodeReceivedMessages([
    { ackId: "1-2-3", body, id: "123456789", publishedMs, deliveryAttempt: 300 },
    { ackId: "1-3-4", body, id: "123456790", publishedMs: publishedMs + 1, deliveryAttempt: 0 },
  ]);
  const expected = (id: string, nanos: number) => ({
    data: Buffer.from("abc"),
    attributes: { kind: "pcm" },
    messageId: id,
    publishTime: { seconds: 1_763_719_999, nanos },
    orderingKey: "k",
  });
  for (const type of ["PullResponse", "StreamingPullResponse"]) {
    expect(decode(`google.pubsub.v1.${type}`, bytes)).toEqual({
      receivedMessages: [
        { ackId: "1-2-3", message: expected("123456789", 0), deliveryAttempt: 300 },
        { ackId: "1-3-4", message: expected("123456790", 1_000_000) },
      ],
    });
  }
});

it("encodes consecutive ids", () => {
  expect(decode("google.pubsub.v1.PublishResponse", encodePublishResponse(99, 3))).toEqual({
    messageIds: ["99", "100", "101"],
  });
});
