import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PubSub, v1 } from "@google-cloud/pubsub";
import { Client } from "pg";
import { afterAll, expect, test } from "vitest";
import { startGcsServer } from "../gcs/start-gcs-server.ts";
import { startPostgresServer } from "../postgres/start-postgres-server.ts";
import { startPubSubServer } from "../pubsub/server.ts";
import { readUsage, serveUsage } from "./serve-usage.ts";
import { sumOf, UsageCounts } from "./usage-counts.ts";

const dir = mkdtempSync(join(tmpdir(), "segue-usage-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("storage counts operations by what they are charged as, and bytes both ways", async () => {
  await using server = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: join(dir, "gcs") });
  const ask = (method: string, path: string, body?: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${server.url}${path}`, { method, ...(body === undefined ? {} : { body }) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer;
      },
    );
  const named = { headers: { "content-type": "application/json" } };
  await fetch(`${server.url}/storage/v1/b?project=p`, { method: "POST", body: '{"name":"some"}', ...named });
  const object = "/storage/v1/b/some/o/a%2Fb";
  const upload = "/upload/storage/v1/b/some/o?uploadType=media&name=a%2Fb";
  const bytes = new Uint8Array(100_000);
  await ask("POST", upload, bytes);
  expect((await ask("POST", `${upload}&ifGenerationMatch=0`, bytes)).status).toBe(412);
  await ask("GET", `${object}?alt=media`);
  await ask("GET", object);
  expect((await ask("GET", "/storage/v1/b/some/o/none")).status).toBe(404);
  const start = await ask("POST", "/upload/storage/v1/b/some/o?uploadType=resumable&name=c", "");
  const session = new URL(start.headers.get("location") ?? "");
  await ask("PUT", `${session.pathname}${session.search}`, bytes);
  await ask("DELETE", object);
  await ask("GET", "/healthz");
  await expect.poll(() => sumOf(server.usage(), "storage_operations")).toBe(8);
  const rows = server.usage();
  const operations = (labels: Record<string, string>) =>
    sumOf(rows, "storage_operations", { bucket: "some", ...labels });
  // Written twice, one of them in two requests; read twice; refused twice, which costs nothing, as a deletion does.
  expect(operations({ operation: "objects.insert", class: "A" })).toBe(2);
  expect(operations({ operation: "objects.get", class: "B" })).toBe(2);
  expect(operations({ class: "free" })).toBe(3);
  const up = sumOf(rows, "storage_bytes", { direction: "up" });
  // Of what is refused only as much as has come by then.
  expect(up).toBeGreaterThanOrEqual(200_000);
  expect(up).toBeLessThan(310_000);
  const down = sumOf(rows, "storage_bytes", { direction: "down" });
  expect(down).toBeGreaterThanOrEqual(100_000);
  expect(down).toBeLessThan(110_000);
});

test("the queue counts messages by whether anybody takes them, and what is settled", async () => {
  await using server = await startPubSubServer({ host: "127.0.0.1", port: 0, dataDir: null });
  const pubsub = new PubSub({ projectId: "p", apiEndpoint: `127.0.0.1:${server.port}`, emulatorMode: true });
  const [heard] = await pubsub.createTopic("heard");
  const [unheard] = await pubsub.createTopic("unheard");
  const [subscription] = await heard.createSubscription("taker", { filter: 'attributes.kind = "a"' });
  await unheard.publishMessage({ data: Buffer.from("nobody") });
  await heard.publishMessage({ data: Buffer.from("filtered"), attributes: { kind: "b" } });
  const acked = new Promise<void>((resolve) =>
    subscription.on("message", (message) => {
      message.ack();
      resolve();
    }),
  );
  await heard.publishMessage({ data: Buffer.alloc(1_000, "x"), attributes: { kind: "a" } });
  await acked;
  await expect.poll(() => sumOf(server.usage(), "settled_messages")).toBe(1);
  const rows = server.usage();
  expect(sumOf(rows, "published_messages", { to: "somebody" })).toBe(1);
  expect(sumOf(rows, "published_messages", { to: "no-filter-that-fits" })).toBe(1);
  expect(sumOf(rows, "published_messages", { to: "no-subscription" })).toBe(1);
  expect(sumOf(rows, "enqueued_messages")).toBe(1);
  expect(sumOf(rows, "delivered_messages")).toBe(1);
  expect(sumOf(rows, "delivered_bytes")).toBeGreaterThanOrEqual(1_000);
  await pubsub.close();
});

test("the queue counts what is pulled by single requests too", async () => {
  await using server = await startPubSubServer({ host: "127.0.0.1", port: 0, dataDir: null });
  const pubsub = new PubSub({ projectId: "p", apiEndpoint: `127.0.0.1:${server.port}`, emulatorMode: true });
  const [topic] = await pubsub.createTopic("asked");
  const [{ name }] = await topic.createSubscription("asker");
  await topic.publishMessage({ data: Buffer.alloc(1_000, "x") });
  const client = new v1.SubscriberClient({ ...pubsub.options });
  await client.pull({ subscription: name, maxMessages: 1 });
  expect(sumOf(server.usage(), "delivered_messages", { subscription: name })).toBe(1);
  expect(sumOf(server.usage(), "delivered_bytes", { subscription: name })).toBeGreaterThanOrEqual(1_000);
  await client.close();
  await pubsub.close();
});

test("the database's gate counts statements, those of transactions among them", async () => {
  await using server = await startPostgresServer({ host: "127.0.0.1", port: 0, dataDir: null });
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await client.query("BEGIN");
  await client.query("SELECT $1::int", [1]);
  await client.query("SELECT $1::int", [2]);
  await client.query("COMMIT");
  await client.end();
  const rows = server.usage();
  expect(sumOf(rows, "sql_statements", { form: "simple" })).toBe(2);
  expect(sumOf(rows, "sql_statements", { form: "extended" })).toBe(2);
});

test("what was counted is read beside the server's data, and of one that is gone not at all", async () => {
  const usage = new UsageCounts();
  usage.add("published_messages", { topic: "t" }, 2);
  usage.add("published_messages", { topic: "t" });
  const serving = await serveUsage(dir, "pubsub", () => usage.rows());
  expect(await readUsage(dir, "pubsub")).toEqual([
    { name: "published_messages", labels: { topic: "t" }, value: 3 },
  ]);
  await serving[Symbol.asyncDispose]();
  await expect(readUsage(dir, "pubsub")).rejects.toThrow("ENOENT");
});
