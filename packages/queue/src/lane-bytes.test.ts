import type { Message } from "@google-cloud/pubsub";
import { createNames } from "@segue/chain";
import { startPubSubServer } from "@segue/local-cloud";
import { expect, test } from "vitest";
import { createPubSub } from "./create-pubsub.ts";
import { openLane } from "./open-lane.ts";

const host = "127.0.0.1";
const names = createNames({ projectId: "test", prefix: "t" });
const mebibyte = 2 ** 20;

test("of long messages no more are in hand than their bytes allow, and all come", async () => {
  await using server = await startPubSubServer({ host, port: 0, dataDir: null });
  const pubsub = createPubSub("test", { apiEndpoint: `${host}:${server.port}`, emulatorMode: true });
  await pubsub.createTopic(names.topic("x"));
  const topic = pubsub.topic(names.topic("x"));
  await topic.createSubscription("t.x.long");
  const count = 12;
  for (let n = 0; n < count; n++) await topic.publishMessage({ data: Buffer.alloc(mebibyte) });
  const inHand = new Set<Message>();
  let came = 0;
  let most = 0;
  const lane = openLane(pubsub, {
    ...{ subscription: "t.x.long", maxMessages: 100, maxBytes: 3 * mebibyte, closeMs: 1_000 },
    take(message) {
      came += 1;
      inHand.add(message);
      most = Math.max(most, inHand.size);
      // Time enough for all of them, were they let in.
      setTimeout(() => {
        message.ack();
        inHand.delete(message);
      }, 1_000);
    },
    onTrouble() {},
  });
  try {
    await expect.poll(() => came, { timeout: 60_000 }).toBe(count);
    // One may go over it, and one be on its way.
    expect(most).toBeLessThanOrEqual(5);
  } finally {
    await lane.close();
    await pubsub.close();
  }
}, 120_000);
