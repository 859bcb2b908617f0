// Some hundred tracks (`TAKEDOWN_TRACKS`) are deleted while messages about them come in any order, twice, and late, from workers that go on writing. Then every bucket, table and subscription
// is gone through for what only they had.
import { createHash, randomBytes } from "node:crypto";
import { createTakedownObjects } from "@segue/artifacts";
import { bucketRoles, outcomesTopic, tracksTopic } from "@segue/chain";
import {
  correctionObjectName,
  createId,
  ownKindOf,
  type StepOutcome,
  TakedownRequested,
  trackObjectName,
} from "@segue/contracts";
import { expect, test } from "vitest";
import { startWithCloud } from "../fixtures/catalog-with-cloud.ts";
import { accepted, chain, names, outcome } from "../fixtures/chain.ts";
import { corrected } from "../fixtures/corrections.ts";

const deleted = Number(process.env.TAKEDOWN_TRACKS ?? 200);
const kept = Math.ceil(deleted / 10);

interface Made {
  readonly id: string;
  readonly master: string;
  /** In its title, its facts and its files, and nowhere else. */
  readonly marker: string;
  readonly outcomes: readonly StepOutcome[];
}

test(`of ${deleted} tracks that are deleted under load nothing is left, and of the others nothing is gone`, async () => {
  await using cloud = await startWithCloud(chain, 60_000);
  const { store, pool } = cloud;
  const write = (role: (typeof bucketRoles)[number], name: string, text: string) =>
    store.writeObject({ bucket: names.bucket(role), name, body: Buffer.from(text), createOnly: false });

  const make = async (n: number): Promise<Made> => {
    const now = new Date();
    const [id, marker] = [createId(now), `marker-${n}-${randomBytes(8).toString("hex")}`];
    const master = createHash("sha256").update(marker).digest("hex");
    const track = accepted(1, {
      trackId: id,
      master,
      acceptedAt: now.toISOString(),
      title: marker,
      fileName: null,
    });
    await write("masters", master, marker);
    await write("records", trackObjectName(id), JSON.stringify(track));
    await write(
      "records",
      correctionObjectName(id, 1),
      JSON.stringify(corrected(track, 1, { note: marker })),
    );
    await cloud.publish(tracksTopic, track);
    const addresses = chain.addressesFor(master);
    const outcomes = chain.steps.map((step): StepOutcome => {
      const facts = { made: marker };
      return {
        ...outcome(1, step.name, { trackId: id, requestId: id, master }),
        address: addresses.get(ownKindOf(step)) ?? "",
        outcome: { status: "succeeded", facts, payload: null },
      };
    });
    return { id, master, marker, outcomes };
  };
  /** As a worker does it, whatever has become of the track. */
  const work = async ({ outcomes, marker }: Made) => {
    for (const said of outcomes) {
      await write("records", `${said.address}.json`, JSON.stringify({ marker }));
      await write("assets", `${said.address}.m4a`, marker);
      await write("scratch", `${said.address}.run/state/000001.json`, marker);
      await cloud.publish(outcomesTopic, said);
    }
  };
  const inTurn = async (tracks: readonly Made[], does: (track: Made) => Promise<unknown>) => {
    for (let from = 0; from < tracks.length; from += 20)
      await Promise.all(tracks.slice(from, from + 20).map(does));
  };

  const all: Made[] = [];
  for (let from = 0; from < deleted + kept; from += 20)
    all.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(20, deleted + kept - from) }, (_, n) => make(from + n)),
      )),
    );
  const [gone, left] = [all.slice(0, deleted), all.slice(deleted)];
  await inTurn(
    all.filter((_, n) => n % 2 === 0),
    work,
  );

  const requestedAt = new Date();
  const takedownId = createId(requestedAt);
  const requested = TakedownRequested.parse({
    ...{ v: 1, type: "TakedownRequested", takedownId, cause: "delete", owner: "default", requestedBy: "off" },
    ...{ reason: null, tracks: gone.map(({ id }) => id), masters: [], again: "new" },
    requestedAt: requestedAt.toISOString(),
  });
  await createTakedownObjects(store, names).create(requested);
  await pool.query(
    "insert into sweeps (swept_to) values (now() + interval '1 day') on conflict (id) do update set swept_to = excluded.swept_to",
  );
  await cloud.publish(tracksTopic, requested);
  // Those who were at work go on; some of what they say comes twice.
  await inTurn(
    all.filter((_, n) => n % 2 === 1),
    work,
  );
  await inTurn(
    all.filter((_, n) => n % 7 === 0),
    work,
  );

  const state = async () =>
    (await pool.query("select state from takedowns where id = $1", [takedownId])).rows[0]?.state;
  await expect.poll(state, { timeout: 1_200_000, interval: 1_000 }).toBe("final");

  const markers = new Map(
    gone.flatMap(
      ({ marker, master }) =>
        [
          [marker, marker],
          [master, marker],
        ] as const,
    ),
  );
  const findIn = (text: string) =>
    (text.match(/marker-\d+-[0-9a-f]{16}|[0-9a-f]{64}/g) ?? []).filter((word) => markers.has(word));
  const found: string[] = [];
  const present: string[] = [];
  for (const role of bucketRoles)
    for await (const { bucket, name } of store.walkObjects({ bucket: names.bucket(role), prefix: "" })) {
      const text = `${name} ${(await store.readObject({ bucket, name })).toString("utf8")}`;
      found.push(...findIn(text).map((word) => `${role}/${name}: ${word}`));
      present.push(text);
    }
  const { rows: tables } = await pool.query(
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  for (const { name } of tables) {
    const { rows } = await pool.query(`select t::text as row from "${name}" t`);
    for (const { row } of rows) found.push(...findIn(row).map((word) => `${name}: ${word}`));
  }
  expect(found.slice(0, 20)).toEqual([]);
  const whole = present.join("\n");
  for (const { marker, master, outcomes } of left) {
    expect(whole).toContain(marker);
    for (const name of [master, ...outcomes.map(({ address }) => `${address}.m4a`)])
      expect(whole).toContain(name);
  }
  const { rows } = await pool.query("select count(*)::int as count from tracks");
  expect(rows).toEqual([{ count: kept }]);
  // Nothing waits in the queue that could tell of them.
  for (const [subscription] of [await cloud.pubsub.getSubscriptions()])
    for (const each of subscription) expect(await pullAll(cloud, each.name)).toEqual([]);
}, 1_800_000);

async function pullAll(cloud: Awaited<ReturnType<typeof startWithCloud>>, name: string): Promise<string[]> {
  const waiting: string[] = [];
  const subscription = cloud.pubsub.subscription(name);
  subscription.on("message", (message) => {
    waiting.push(message.data.toString());
    message.nack();
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await subscription.close();
  return waiting;
}
