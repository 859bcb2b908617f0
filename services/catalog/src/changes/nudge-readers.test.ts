// Over the local cloud's queue: what a catalog tells while somebody waits for changes, and what while nobody does.
import type { Message } from "@google-cloud/pubsub";
import { readChanges } from "@segue/catalog-db";
import { newsTopic } from "@segue/chain";
import { News } from "@segue/contracts";
import type { NewsSource } from "@segue/step";
import { expect, test } from "vitest";
import { startWithCloud } from "../fixtures/catalog-with-cloud.ts";
import { chain, names } from "../fixtures/chain.ts";

test("that there are changes is told only while somebody has asked for it", async () => {
  const ears: ((news: News | undefined) => void)[] = [];
  const news: NewsSource = { isListening: () => true, onNews: (ear) => void ears.push(ear) };
  await using cloud = await startWithCloud(chain, 60_000, news);
  const told: News[] = [];
  const [subscription] = await cloud.pubsub.topic(names.topic(newsTopic)).createSubscription("test.news");
  subscription.on("message", (message: Message) => {
    told.push(News.parse(JSON.parse(message.data.toString())));
    message.ack();
  });
  const accept = async (text: string) => cloud.publish("tracks", await cloud.track(0, text));
  const isKnown = async (count: number) =>
    expect
      .poll(async () => (await readChanges(cloud.pool, { after: 0, limit: 10 })).last, { timeout: 20_000 })
      .toBe(count);
  await accept("one");
  await isKnown(1);
  for (const ear of ears) ear({ v: 1, type: "ChangesWanted" });
  await accept("two");
  await isKnown(2);
  await expect.poll(() => told, { timeout: 10_000 }).toEqual([{ v: 1, type: "ChangesTold" }]);
});
