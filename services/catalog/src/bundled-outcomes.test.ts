import { type Pool, readHistory, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { catalogConsumer } from "@segue/chain";
import { bundleOutcomes } from "@segue/contracts";
import { createTelemetry } from "@segue/telemetry";
import { beforeEach, describe, expect, test } from "vitest";
import { createCatalogEvents } from "./events.ts";
import { accepted, chain, failed, names, outcome, trackId } from "./fixtures/chain.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { createProjector, type Delivery } from "./projector.ts";
import { createFactReader } from "./read-facts.ts";

const { log, meter } = createTelemetry({ service: "catalog", level: "silent" });

interface Sent extends Delivery {
  settled: "acked" | "nacked" | undefined;
}

function send(topic: string, json: unknown, id = "m", attributes: Record<string, string> = {}): Sent {
  const sent: Sent = {
    ...{ id, topic, attributes, data: Buffer.from(JSON.stringify(json)), publishedAt: new Date(0) },
    subscription: names.subscription(topic, catalogConsumer),
    settled: undefined,
    ack: () => {
      sent.settled = "acked";
    },
    nack: () => {
      sent.settled = "nacked";
    },
  };
  return sent;
}

const all = [
  ...["decode", "downsample", "tempo"].map((step) => outcome(1, step)),
  outcome(1, "key", failed()),
  outcome(1, "encode"),
];
const bundleOf = (outcomes: readonly unknown[]) => ({
  ...bundleOutcomes(all)[0],
  outcomes,
});

describe.each(testDatabases)("on an $name", (kind) => {
  let pool: Pool;
  usePool(kind, (opened) => {
    ({ pool } = opened);
  });
  beforeEach(() => emptyTables(pool));

  /** Each in a batch of its own: after the one before. */
  const project = async (...messages: readonly Sent[]) => {
    for (const message of messages) {
      const projector = createProjector({
        ...{ pool, chain, log, reader: createFactReader(chain, names) },
        events: createCatalogEvents(meter, log),
        ...{ batchMs: 1, batchMessages: 100, holdMs: 10_000 },
      });
      projector.take(message);
      await projector.drain();
    }
    return messages.map(({ settled }) => settled);
  };
  const rows = async () => {
    const tables = ["tracks", "step_attempts", "step_outcomes", "artifacts", "dead_letters"];
    const found = await Promise.all(
      tables.map((table) =>
        pool.query(`select to_jsonb(x) as row from ${table} x order by to_jsonb(x)::text`),
      ),
    );
    return found.map((each) => each.rows);
  };
  const letters = async () =>
    (
      await pool.query(
        "select message_id, track_id, step, error_code, story, convert_from(data, 'UTF8') as data from dead_letters",
      )
    ).rows;

  test("a bundle comes to the same rows as its outcomes one by one, and comes twice without harm", async () => {
    await project(send("tracks", accepted(1)), ...all.map((each) => send("outcomes", each)));
    const oneByOne = await rows();
    await emptyTables(pool);
    const bundle = bundleOf(all);
    expect(await project(send("tracks", accepted(1)), send("outcomes", bundle))).toEqual(["acked", "acked"]);
    expect(await rows()).toEqual(oneByOne);
    await project(send("outcomes", bundle), send("outcomes", all[0]));
    expect(await rows()).toEqual(oneByOne);
    expect(await readTrack(pool, trackId(1))).toMatchObject({ state: "partial" });
  });

  test("one that is malformed is set aside with its story, and its neighbours are not", async () => {
    const bad = { ...outcome(1, "key"), version: "four" };
    const bundle = bundleOf([all[0], bad, "nonsense", all[2]]);
    await project(send("tracks", accepted(1)));
    expect(await project(send("outcomes", bundle, "m7"), send("outcomes", bundle, "m7"))).toEqual([
      "acked",
      "acked",
    ]);
    const track = await readTrack(pool, trackId(1));
    expect(track?.outcomes.map(({ step }) => step).toSorted()).toEqual(["decode", "tempo"]);
    const found = await letters();
    expect(found).toMatchObject([
      { message_id: "m7.1", step: "key", error_code: "malformed-message", data: JSON.stringify(bad) },
      { message_id: "m7.2", step: null, error_code: "malformed-message", data: '"nonsense"' },
    ]);
    const { deadLetters } = await readHistory(pool, trackId(1));
    expect(deadLetters.map(({ story }) => story)).toMatchObject([
      [{ error: { code: "malformed-message", message: expect.stringContaining("version") } }],
      [{ error: { code: "malformed-message" } }],
    ]);
  });

  test("one that the database refuses is set aside alone too", async () => {
    // A version that no integer column holds; the schemas let it pass.
    const poison = outcome(1, "key", { version: 2 ** 40 });
    const bundle = bundleOf([all[0], poison, all[2]]);
    expect(await project(send("tracks", accepted(1)), send("outcomes", bundle, "m8"))).toEqual([
      "acked",
      "acked",
    ]);
    const track = await readTrack(pool, trackId(1));
    expect(track?.outcomes.map(({ step }) => step).toSorted()).toEqual(["decode", "tempo"]);
    expect(await letters()).toMatchObject([{ message_id: "m8.1", track_id: trackId(1), step: "key" }]);
  });

  test("with one of a younger release it goes back to the queue, and what is known here waits for nobody", async () => {
    const young = { ...outcome(1, "key"), outcome: { status: "superseded", by: "x" } };
    const bundle = bundleOf([all[0], young, all[2]]);
    const [, settled] = await project(send("tracks", accepted(1)), send("outcomes", bundle, "m9"));
    expect(settled).toBe("nacked");
    const ended = async () =>
      (await readTrack(pool, trackId(1)))?.outcomes.map(({ step }) => step).toSorted();
    expect(await ended()).toEqual(["decode", "tempo"]);
    expect(await letters()).toEqual([]);
    // The younger catalog that it comes to does the rest.
    await project(send("outcomes", bundleOf([all[0], outcome(1, "key"), all[2]]), "m9"));
    expect(await ended()).toEqual(["decode", "key", "tempo"]);
  });

  test("one that the queue has given up on counts after all, and says which of it nobody could read", async () => {
    const young = { ...outcome(1, "key"), v: 9 };
    const subscription = names.subscription("outcomes", catalogConsumer);
    const given = send("dead-letter", bundleOf([all[0], young]), "m10", {
      CloudPubSubDeadLetterSourceSubscription: subscription,
    });
    expect(await project(send("tracks", accepted(1)), given)).toEqual(["acked", "acked"]);
    expect((await readTrack(pool, trackId(1)))?.outcomes.map(({ step }) => step)).toEqual(["decode"]);
    expect(await letters()).toMatchObject([{ message_id: "m10.1", step: "key" }]);
  });

  test("bundles of a later form go back whole, and one within another is malformed", async () => {
    const later = { ...bundleOf(all), v: 2 };
    expect(await project(send("tracks", accepted(1)), send("outcomes", later))).toEqual(["acked", "nacked"]);
    expect((await readTrack(pool, trackId(1)))?.outcomes).toEqual([]);
    const nested = bundleOf([bundleOf(all), all[0]]);
    expect(await project(send("outcomes", nested, "m11"))).toEqual(["acked"]);
    expect((await readTrack(pool, trackId(1)))?.outcomes.map(({ step }) => step)).toEqual(["decode"]);
    expect(await letters()).toMatchObject([{ message_id: "m11.0" }]);
  });
});
