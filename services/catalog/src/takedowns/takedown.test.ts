import { createPublicKey, verify } from "node:crypto";
import { createTrackObjects } from "@segue/artifacts";
import { type Pool, readTrack } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import {
  createId,
  digestFor,
  keyedObjectName,
  type SignedReceipt,
  TakedownStatement,
} from "@segue/contracts";
import { describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { createDeadLetterObjects } from "../dead-letter-objects.ts";
import { acceptedFacts, outcomeFacts, requestFacts } from "../facts-of.ts";
import { accepted, chain, names, outcome } from "../fixtures/chain.ts";
import { type TakedownBench, takedownPaces, useTakedownBench } from "../fixtures/takedown-bench.ts";
import type { TestStorage } from "../fixtures/test-storage.ts";
import { mergeFacts, noFacts } from "../rows.ts";

describe.each(testDatabases)("a takedown on an $name", (kind) => {
  let pool: Pool;
  let storage: TestStorage;
  let bench: TakedownBench;
  useTakedownBench(kind, (opened) => {
    ({ pool, storage, bench } = opened);
  });

  test("leaves nothing of a track that nobody else has, says so twice, and its receipts are true", async () => {
    const { objects, scan, ask, read, until, make, gone } = bench;
    const { track, id } = await make(1);
    const other = await make(2);
    const takedown = await ask({ tracks: [id] });
    await until(takedown, "removed");
    expect(await gone(id)).toEqual({ track: undefined, told: 1 });
    expect(await scan("secret of 1")).toEqual([]);
    const left = await objects();
    expect(left.filter((name) => name.includes(track.master))).toEqual([]);
    const claim = keyedObjectName(digestFor("default", `key of ${id}`), "request");
    const own = left.filter((name) => name.includes(id) || name.includes(claim));
    expect(own).toEqual([`records/${claim}`]);
    expect(await storage.store.readJson({ bucket: names.bucket("records"), name: claim })).toEqual({
      ...{ v: 1, request: "deleted", plan: { trackId: id } },
    });
    for (const address of chain.addressesFor(track.master).values())
      expect(left.filter((name) => name.includes(address))).toEqual([]);
    expect((await readTrack(pool, other.id))?.state).not.toBeUndefined();
    expect(left).toContain(`masters/${other.track.master}`);

    await until(takedown, "final");
    const { removed_receipt: removed, final_receipt: final } = await read(takedown);
    for (const receipt of [removed, final] as SignedReceipt[]) {
      const key = createPublicKey({
        key: Buffer.from(receipt.publicKey, "base64"),
        format: "der",
        type: "spki",
      });
      const isTrue = (text: string) =>
        verify(null, Buffer.from(text), key, Buffer.from(receipt.signature, "base64"));
      expect(isTrue(receipt.statement)).toBe(true);
      expect(isTrue(receipt.statement.replace(id, other.id))).toBe(false);
    }
    const statement = TakedownStatement.parse(JSON.parse((final as SignedReceipt).statement));
    expect(statement).toMatchObject({ takedownId: takedown, tracks: [id], stage: "final", removed: null });
    expect(await scan(track.master)).toEqual([]);
    expect((await pool.query("select due_at from takedowns where id = $1", [takedown])).rows).toEqual([
      { due_at: null },
    ]);
  });

  test("takes nothing of what another owner has, and is as long as if there were none", async () => {
    const { objects, scan, ask, until, make } = bench;
    const mine = await make(1);
    const theirs = await make(1, { request: { ...accepted(1).request, owner: "other" } });
    const before = (await objects()).filter((name) => !name.includes(mine.id));
    const startedMs = Date.now();
    const takedown = await ask({ tracks: [mine.id] });
    await until(takedown, "removed");
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(takedownPaces.graceMs);
    expect((await readTrack(pool, theirs.id))?.outcomes).toHaveLength(chain.steps.length);
    const left = await objects();
    const ofMaster = (name: string) =>
      [mine.track.master, ...chain.addressesFor(mine.track.master).values()].some((at) => name.includes(at));
    expect(left.filter(ofMaster)).toEqual(before.filter(ofMaster));
    // When the last of them goes, all goes.
    await until(await ask({ tracks: [theirs.id], owner: "other" }), "removed");
    expect((await objects()).filter(ofMaster)).toEqual([]);
    expect(await scan("made")).toEqual([]);
  });

  test("what comes of it later is refused, and what that has left is removed, also by a release that knows nothing of deletions", async () => {
    const { put, scan, ask, read, until, untilGone, make } = bench;
    const { track, id, outcomes, replay } = await make(1);
    const takedown = await ask({ tracks: [id] });
    await until(takedown, "removed");
    const late = { ...outcome(1, "key", { sec: 9 }), trackId: id, requestId: id, master: track.master };
    const address = "ab".repeat(32);
    await put("assets", `${address}.m4a`);
    await put("records", `${address}.json`, "{}");
    const letter = {
      subscription: "s",
      message_id: "m",
      track_id: id,
      step: "key",
      error_code: "x",
      error_message: "x",
    };
    const deadLetters = [
      { ...letter, story: [], data: "\\x00", attributes: {}, at: new Date().toISOString() },
    ];
    await createDeadLetterObjects(storage.store, names).create(
      {
        id: "m",
        data: Buffer.from("x"),
        attributes: {},
        publishedAt: new Date(),
        topic: "dead-letter",
        subscription: "s",
      },
      id,
    );
    await createTrackObjects(storage.store, names).create(track);
    await applyFacts(
      pool,
      chain,
      mergeFacts([
        acceptedFacts(track),
        requestFacts(replay),
        outcomeFacts({ ...late, address }),
        ...outcomes.map(outcomeFacts),
        { ...noFacts, deadLetters },
      ]),
    );
    expect(await readTrack(pool, id)).toBeUndefined();
    const { sweeps } = await read(takedown);
    await untilGone(id, address, track.master);
    expect((await read(takedown)).sweeps).toBeGreaterThan(sweeps);
    expect(await scan("secret of 1")).toEqual([]);
    expect(await scan(address)).toMatchObject([expect.stringMatching(/^deleted_tracks: /)]);
    await until(takedown, "final");
    const { statement } = (await read(takedown)).final_receipt as SignedReceipt;
    expect(TakedownStatement.parse(JSON.parse(statement)).lastHeardAt).not.toBeNull();
  });

  test("what is cancelled goes if nothing has begun, and stays if something has", async () => {
    const { ask, until, make } = bench;
    const track = accepted(1, { trackId: createId(new Date()) });
    await createTrackObjects(storage.store, names).create(track);
    await applyFacts(pool, chain, acceptedFacts(track));
    const begun = await make(2);
    const [cancelled, late] = [
      await ask({ cause: "cancel", tracks: [track.trackId] }),
      await ask({ cause: "cancel", tracks: [begun.id] }),
    ];
    await until(late, "declined");
    await until(cancelled, "removed");
    expect(await readTrack(pool, track.trackId)).toBeUndefined();
    expect((await readTrack(pool, begun.id))?.outcomes).toHaveLength(chain.steps.length);
  });
});
