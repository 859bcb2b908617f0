import { describe, expect, it } from "vitest";
import { formatAckId, parseAckRequest, parseStreamingPullRequest } from "./ack-requests.ts";
import { encode } from "./protos.ts";

const subscription = "projects/p/subscriptions/s";

describe("parseAckRequest", () => {
  it("reads what the client's protobuf writes", () => {
    const request = { subscription, ackIds: [formatAckId(7, 2 ** 40, Date.now())] };
    const parsed = parseAckRequest(encode("google.pubsub.v1.AcknowledgeRequest", request), 2);
    expect(parsed.subscription).toBe(subscription);
    expect(parsed.ackIds[0]).toMatchObject({ subscription: 7, message: 2 ** 40 });
  });
  it("keeps the sign of a negative deadline", () => {
    const request = { subscription, ackIds: [formatAckId(1, 2, 3)], ackDeadlineSeconds: -1 };
    const bytes = encode("google.pubsub.v1.ModifyAckDeadlineRequest", request);
    expect(parseAckRequest(bytes, 4)).toEqual({
      subscription,
      ackIds: [{ subscription: 1, message: 2, lease: 3 }],
      ackDeadlineSec: -1,
    });
  });
  it.each(["", "1", "1-2", "1-2-", "-1-2-3", "1-2-3-4", "1-x-3", "1--3"])(
    "refuses the ack id %j",
    (ackId) => {
      const bytes = encode("google.pubsub.v1.AcknowledgeRequest", { subscription, ackIds: [ackId] });
      expect(() => parseAckRequest(bytes, 2)).toThrow(/ack id/);
    },
  );
  it("refuses bytes that end in the middle of a field", () => {
    const bytes = encode("google.pubsub.v1.AcknowledgeRequest", { subscription, ackIds: ["1-2-3"] });
    expect(() => parseAckRequest(bytes.subarray(0, -1), 2)).toThrow(/well-formed/);
  });
});

describe("parseStreamingPullRequest", () => {
  it("reads packed deadlines and flow control", () => {
    const bytes = encode("google.pubsub.v1.StreamingPullRequest", {
      subscription,
      modifyDeadlineSeconds: [0, 600],
      modifyDeadlineAckIds: ["1-2-3", "1-3-4"],
      streamAckDeadlineSeconds: 60,
      maxOutstandingMessages: 1000,
      maxOutstandingBytes: 2 ** 40,
    });
    expect(parseStreamingPullRequest(bytes)).toMatchObject({
      modifyDeadlineSec: [0, 600],
      streamAckDeadlineSec: 60,
      maxOutstandingMessages: 1000,
      maxOutstandingBytes: 2 ** 40,
    });
  });
});
