import { randomUUID } from "node:crypto";
import { type Message, PubSub, type Subscription, type Topic } from "@google-cloud/pubsub";
import type { BenchServer } from "./servers.ts";

/** Messages per second, and the CPU that the server took per message in microseconds. */
export type Throughput = { readonly perSec: number; readonly serverCpuUs: number };

const ATTRIBUTES = { step: "tempo", wants: "tempo,key,tags,aac", address: "0".repeat(64) };

function payload(): Buffer {
  return Buffer.alloc(500, "segue ");
}

/** A client on the server; it reads PUBSUB_EMULATOR_HOST when it is made. */
export function connect(server: BenchServer): PubSub {
  process.env.PUBSUB_EMULATOR_HOST = `localhost:${server.port}`;
  return new PubSub({ projectId: "bench" });
}

const BATCH = 100;
const BATCHES_IN_FLIGHT = 20;

/** Publishes with a steady number of batches in flight, so that client and server work at the same time. */
async function publishAll(topic: Topic, count: number): Promise<void> {
  let left = count;
  const keepPublishing = async () => {
    while (left > 0) {
      const size = Math.min(BATCH, left);
      left -= size;
      const publishes = Array.from({ length: size }, () =>
        topic.publishMessage({ data: payload(), attributes: ATTRIBUTES }),
      );
      await Promise.all(publishes);
    }
  };
  await Promise.all(Array.from({ length: BATCHES_IN_FLIGHT }, keepPublishing));
}

function receiveCount(subscription: Subscription, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    const onMessage = (message: Message) => {
      message.ack();
      if (++seen === count) resolve();
    };
    subscription.on("message", onMessage).on("error", reject);
  });
}

async function fresh(pubsub: PubSub): Promise<{ topic: Topic; subscription: Subscription }> {
  const [topic] = await pubsub.createTopic(`bench-${randomUUID().slice(0, 8)}`);
  const [subscription] = await topic.createSubscription(`bench-${randomUUID().slice(0, 8)}`);
  return { topic, subscription };
}

/** Publishing to a subscription that nobody reads. */
export async function measurePublish(
  server: BenchServer,
  pubsub: PubSub,
  messages: number,
): Promise<Throughput> {
  const { topic, subscription } = await fresh(pubsub);
  const cpu = server.cpuSec();
  const startMs = performance.now();
  await publishAll(topic, messages);
  const tookSec = (performance.now() - startMs) / 1000;
  const serverCpuUs = ((server.cpuSec() - cpu) * 1e6) / messages;
  await subscription.delete();
  await topic.delete();
  return { perSec: messages / tookSec, serverCpuUs };
}

/** Publishing, receiving and acknowledging at the same time, until the last message has been handled. */
export async function measureEndToEnd(
  server: BenchServer,
  pubsub: PubSub,
  messages: number,
): Promise<Throughput> {
  const { topic, subscription } = await fresh(pubsub);
  const cpu = server.cpuSec();
  const startMs = performance.now();
  const received = receiveCount(subscription, messages);
  await publishAll(topic, messages);
  await received;
  const tookSec = (performance.now() - startMs) / 1000;
  const serverCpuUs = ((server.cpuSec() - cpu) * 1e6) / messages;
  await subscription.close();
  await subscription.delete();
  await topic.delete();
  return { perSec: messages / tookSec, serverCpuUs };
}

/** From the call of publish to the handler, with one message in flight and batching off. */
export async function measureLatency(pubsub: PubSub, count: number): Promise<number[]> {
  const { topic, subscription } = await fresh(pubsub);
  const direct = pubsub.topic(topic.name, { batching: { maxMessages: 1 } });
  let arrived = (_: Message) => {};
  subscription.on("message", (message) => arrived(message));
  const latenciesMs: number[] = [];
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    const arrival = new Promise<void>((resolve) => {
      arrived = (message) => {
        latenciesMs.push(performance.now() - startMs);
        message.ack();
        resolve();
      };
    });
    await Promise.all([direct.publishMessage({ data: payload(), attributes: ATTRIBUTES }), arrival]);
  }
  await subscription.close();
  await subscription.delete();
  await topic.delete();
  return latenciesMs;
}
