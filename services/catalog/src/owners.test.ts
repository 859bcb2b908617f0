import { listTracks, type Pool, readChanges, readTrack, readTracks } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { defaultOwner } from "@segue/contracts";
import { beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "./apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "./facts-of.ts";
import { accepted, chain, outcome, requested, trackId } from "./fixtures/chain.ts";
import { usePool } from "./fixtures/test-pool.ts";
import { type Facts, mergeFacts } from "./rows.ts";

describe.each(testDatabases)("owners over $name", (kind) => {
  let pool: Pool;
  usePool(kind, (started) => {
    pool = started.pool;
  });
  beforeEach(() => emptyTables(pool));

  const apply = (...facts: Facts[]) => applyFacts(pool, chain, mergeFacts(facts));
  const track = (n: number, owner: string) =>
    acceptedFacts({ ...accepted(n), request: { ...requested(n), owner } });
  const steps = (n: number) => chain.steps.map(({ name }) => outcomeFacts(outcome(n, name)));

  test("a track and all that happens to it are its first request's owner's, at work and at rest", async () => {
    await apply(track(1, "acme"), track(2, defaultOwner), track(3, "bert"));
    await apply(...steps(1), ...steps(2));
    await apply(...steps(3));
    for (const [n, owner] of [
      [1, "acme"],
      [2, defaultOwner],
      [3, "bert"],
    ] as const) {
      const other = owner === "acme" ? "bert" : "acme";
      const id = trackId(n);
      expect(await readTrack(pool, id, owner)).toMatchObject({ id, owner, state: "done" });
      expect(await readTrack(pool, id, other)).toBeUndefined();
      expect(await readTrack(pool, id)).toMatchObject({ owner });
      const ids = [1, 2, 3].map(trackId);
      expect((await readTracks(pool, ids, owner)).map((each) => each.id)).toEqual([id]);
      for (const filter of [{}, { state: "done" }])
        expect((await listTracks(pool, { limit: 9 }, { ...filter, owner })).map((each) => each.id)).toEqual([
          id,
        ]);
      const { changes, last } = await readChanges(pool, { after: 0, limit: 100, owner });
      expect(new Set(changes.map((change) => [change.trackId, change.owner].join()))).toEqual(
        new Set([`${id},${owner}`]),
      );
      expect(changes).toHaveLength(2 + chain.steps.length);
      expect(
        (await readChanges(pool, { after: 0, limit: 9, owner, trackId: trackId((n % 3) + 1) })).changes,
      ).toEqual([]);
      // Where a page ends tells of all there is, as without an owner.
      expect(last).toBe((await readChanges(pool, { after: 0, limit: 1 })).last);
    }
  });
});
