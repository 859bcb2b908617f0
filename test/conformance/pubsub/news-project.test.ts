// Servers hear the news by subscriptions that they make in a project of their own, with what the specification grants them and nothing else.
import type { PubSub } from "@google-cloud/pubsub";
import { createNames, deriveTopology, newsTopic } from "@segue/chain";
import { describePermissions } from "@segue/fleet-spec/permissions";
import { projectFleetUrl } from "@segue/launcher";
import { type PubSubServer, startPubSubServer } from "@segue/local-cloud";
import { createPubSub } from "@segue/queue";
import { type Fleet, loadFleet } from "@segue/step";
import { createLogger } from "@segue/telemetry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hearNews } from "../../../packages/host/src/hear-news.ts";

const naming = { projectId: "music", prefix: "segue", newsProjectId: "music-news" };
const names = createNames(naming);
const denied = { code: 7, details: "User not authorized to perform this action." };
const servers = ["ingest", "fetch", "catalog"];

let fleet: Fleet;
let queue: PubSubServer;
let all: PubSub;
const clients = new Map<string, PubSub>();
const clientOf = (server: string) => {
  const client = clients.get(server);
  if (!client) throw new Error(`expected a client of ${server}`);
  return client;
};

beforeAll(async () => {
  fleet = await loadFleet(projectFleetUrl, { SEGUE_PLACEMENT: "default" });
  const permissions = describePermissions(fleet, naming, {});
  const doors = servers.map((identity) => ({ identity, port: 0, grants: permissions.get(identity) ?? [] }));
  queue = await startPubSubServer({ host: "127.0.0.1", port: 0, dataDir: null, doors });
  const connect = (port = 0) =>
    createPubSub("music", { apiEndpoint: `127.0.0.1:${port}`, emulatorMode: true });
  all = connect(queue.port);
  for (const server of servers) clients.set(server, connect(queue.doorPorts.get(server)));
  const { topics, subscriptions } = deriveTopology(fleet.chain, names);
  for (const topic of topics) await all.createTopic(topic);
  for (const { topic, name } of subscriptions) await all.createSubscription(topic, name);
});
afterAll(async () => {
  await Promise.all([all, ...clients.values()].map((client) => client.close()));
  await queue.close();
});

describe.each(servers)("%s", (server) => {
  test("hears, by a subscription in that project, and leaves none there", async () => {
    const log = createLogger({ service: "test", level: "silent" });
    const hearing = hearNews({ pubsub: clientOf(server), names, log, server });
    await expect.poll(() => hearing.isListening()).toBe(true);
    const heard = new Promise((resolve) => hearing.onNews((news) => news && resolve(news.type)));
    const json = { v: 1, type: "StepsRegistered", generations: { more: "1" } };
    await all.topic(names.topic(newsTopic)).publishMessage({ json });
    expect(await heard).toBe("StepsRegistered");
    const made = async () =>
      (await all.topic(names.topic(newsTopic)).getSubscriptions())[0].map(({ name }) => name);
    expect(await made()).toEqual([
      expect.stringMatching(new RegExp(`^projects/music-news/subscriptions/segue\\.news\\.${server}-`)),
    ]);
    await hearing.stop();
    expect(await made()).toEqual([]);
  });

  test("makes none in the fleet's project, none of another topic, and takes nobody's messages", async () => {
    const client = clientOf(server);
    const news = client.topic(names.topic(newsTopic));
    await expect(news.createSubscription(`segue.news.${server}-1`)).rejects.toMatchObject(denied);
    const outcomes = client.topic(names.topic("master"));
    const there = names.newsSubscription(`${server}-1`);
    await expect(outcomes.createSubscription(there)).rejects.toMatchObject(denied);
    const [decodes] = fleet.chain.steps.flatMap(({ name }) => (name === "decode" ? [name] : []));
    const others = client.subscription(names.taskSubscription(decodes ?? "", "live"));
    await expect(others.delete()).rejects.toMatchObject(denied);
    const pulled = new Promise((_, reject) => others.on("error", reject).on("message", () => {}));
    await expect(pulled).rejects.toMatchObject({ code: denied.code });
    await others.close();
  });
});
