import { type Pool, readTrack } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { broughtForKey, type SignedReceipt } from "@segue/contracts";
import { describe, expect, test } from "vitest";
import { accepted, chain, names } from "../fixtures/chain.ts";
import { type TakedownBench, takedownPaces, useTakedownBench } from "../fixtures/takedown-bench.ts";
import type { TestStorage } from "../fixtures/test-storage.ts";
import { rebuildFromStorage } from "../rebuild-from-storage.ts";
import { buryTracks } from "./bury-tracks.ts";
import { type RemoveMastersOptions, removeMasters } from "./remove-masters.ts";

describe.each(testDatabases)("of masters, on an $name", (kind) => {
  let pool: Pool;
  let storage: TestStorage;
  let bench: TakedownBench;
  useTakedownBench(kind, (opened) => {
    ({ pool, storage, bench } = opened);
  });

  test("an operator takes a master from all owners; when it comes again it is refused, or taken in, as was said", async () => {
    const { objects, ask, read, until, untilGone, make, gone } = bench;
    const [a, b, c] = [
      await make(1),
      await make(1, { request: { ...accepted(1).request, owner: "other" } }),
      await make(2),
    ];
    const refused = await ask({ cause: "takedown", masters: [a.track.master], again: "refuse" });
    const renewed = await ask({ cause: "takedown", masters: [c.track.master], again: "new" });
    await until(refused, "removed");
    await until(renewed, "removed");
    for (const { id } of [a, b, c]) expect(await gone(id)).toEqual({ track: undefined, told: 1 });
    expect((await objects()).filter((name) => /^(masters|assets|scratch)/.test(name))).toEqual([]);
    const { statement } = (await read(refused)).removed_receipt as SignedReceipt;
    expect(JSON.parse(statement)).toMatchObject({
      masters: [a.track.master],
      tracks: [],
      removed: { tracks: 2 },
    });

    const again = await make(1);
    const anew = await make(2);
    expect(await readTrack(pool, again.id)).toBeUndefined();
    expect((await readTrack(pool, anew.id))?.outcomes).toHaveLength(chain.steps.length);
    await untilGone(again.id, a.track.master);
    await until(renewed, "final");
    expect(await objects()).toContain(`masters/${c.track.master}`);
    expect(JSON.parse((await read(renewed)).final_receipt.statement)).toMatchObject({ cameAgain: 1 });
  });

  test("a master that somebody has touched of late stays, and so does one that is touched while it is looked at", async () => {
    const { parts, make } = bench;
    const { track, id } = await make(1);
    await buryTracks(pool, [id], { takedownId: id, cause: "delete", owner: "default" });
    const ref = { bucket: names.bucket("masters"), name: track.master };
    const { deletions, ledgers } = parts();
    const touching = {
      ...deletions,
      async statMaster(master: string) {
        const seen = await deletions.statMaster(master);
        await storage.store.touchObject(ref);
        return seen;
      },
    };
    const remove = (changes: Partial<RemoveMastersOptions>) =>
      removeMasters(
        {
          ...{ pool, chain, deletions, ledgers, takedownId: id, requestedAt: new Date() },
          ...{ untouchedSince: new Date(Date.now() + 60_000), ...changes },
        },
        [track.master],
      );
    const left = { objects: 0, rows: 0, living: 0 };
    const touchedAt = (await storage.store.statObject(ref))?.updatedAt;
    expect(await remove({ untouchedSince: new Date(0) })).toEqual({ ...left, waitingSince: touchedAt });
    expect(await remove({ deletions: touching, requestedAt: new Date(0) })).toEqual({
      ...left,
      waitingSince: null,
    });
    await pool.query("update sweeps set swept_to = now() - interval '1 hour'");
    expect(await remove({ requestedAt: new Date(0) })).toEqual({ ...left, waitingSince: null });
    expect(await storage.store.statObject(ref)).toBeDefined();
    await pool.query("update sweeps set swept_to = now() + interval '1 hour'");
    expect((await remove({})).objects).toBeGreaterThan(10);
    expect(await storage.store.statObject(ref)).toBeUndefined();
  });

  test("what a fetch has stored for a track and told nobody of goes before the last is said, and what others have stays", async () => {
    const { objects, put, ask, read, until, make } = bench;
    const source = "https://music.example/a";
    const { track, id } = await make(1, { source });
    const shared = await make(2);
    const living = await make(3, { source });
    const bring = (master: string, trackId: string) =>
      storage.store.touchObject(
        { bucket: names.bucket("masters"), name: master },
        { [broughtForKey]: trackId },
      );
    const [orphan, others] = ["0a".repeat(32), "0b".repeat(32)];
    await put("masters", orphan, "bytes");
    await put("masters", others, "bytes");
    expect(await bring(orphan, id)).toBe(true);
    await bring(others, living.id);
    // Of the same bytes somebody else has a track.
    await bring(shared.track.master, id);
    const takedown = await ask({ tracks: [id] });
    await until(takedown, "removed");
    expect(await objects()).toContain(`masters/${orphan}`);
    await until(takedown, "final");
    const left = (await objects()).filter((name) => name.startsWith("masters/"));
    const kept = [others, shared.track.master, living.track.master].map((name) => `masters/${name}`);
    expect(left).toEqual(kept.toSorted());
    expect(left).not.toContain(`masters/${track.master}`);
    // What was found late has its time begin anew.
    const { found_at: foundAt, final_at: finalAt } = await read(takedown);
    expect(finalAt - foundAt).toBeGreaterThanOrEqual(takedownPaces.horizonMs);
  });

  test("a catalog that is made anew does not bring back what was deleted, and goes on removing it", async () => {
    const { ask, until, untilGone, make, sweptFar } = bench;
    const { track, id } = await make(1);
    const kept = await make(2);
    const master = await make(3);
    await ask({ tracks: [id] });
    const refused = await ask({ cause: "takedown", masters: [master.track.master], again: "refuse" });
    await emptyTables(pool);
    await sweptFar();
    await rebuildFromStorage({ pool, store: storage.store, names, chain });
    expect(await readTrack(pool, id)).toBeUndefined();
    expect(await readTrack(pool, master.id)).toBeUndefined();
    expect((await readTrack(pool, kept.id))?.id).toBe(kept.id);
    await until(refused, "removed");
    await untilGone(id, track.master, master.track.master);
  });
});
