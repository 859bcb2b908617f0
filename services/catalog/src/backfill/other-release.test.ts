// A backfill for a step that not every catalog knows: another release's, or one that was plugged in a moment ago.
import { readBackfills } from "@segue/catalog-db";
import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, Master } from "@segue/contracts";
import { planTracks } from "@segue/plan";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, outcomeFacts } from "../facts-of.ts";
import { accepted, chain, outcome, trackId, withDrawing, withRendering } from "../fixtures/chain.ts";
import { usePool } from "../fixtures/test-pool.ts";
import { mergeFacts } from "../rows.ts";
import { createBackfillRows } from "./backfill-rows.ts";
import { judgeProgress } from "./judge-progress.ts";
import { planItem } from "./plan-item.ts";

const Mood = defineKind({ name: "mood", retention: "derivative", payload: null, facts: z.unknown() });
const younger = createChain([...chain.steps, stepSpec("mood", [Master], Mood)]);
const backfillId = trackId(0xb0);

describe.each(testDatabases)("on an $name", (database) => {
  let pool: Parameters<typeof createBackfillRows>[0];
  usePool(database, (started) => {
    pool = started.pool;
  });

  async function begin(target: string): Promise<void> {
    await emptyTables(pool);
    await pool.query(
      `insert into backfills (id, targets, force, selection, in_flight, requested_at)
       values ($1, $2, '{}', '{"trackId":null,"acceptedSince":null,"state":null}', 10, now())`,
      [backfillId, [target]],
    );
  }
  const longAgo = () =>
    pool.query(
      "update backfills set driven_until = driven_until - interval '11 minutes', requested_at = requested_at - interval '11 minutes'",
    );
  const idsOf = (claimed: readonly { readonly id: string }[]) => claimed.map(({ id }) => id);

  test("what of it has ended is not told by a catalog that does not know the step", async () => {
    await begin("mood");
    const [those, ours] = [createBackfillRows(pool, younger), createBackfillRows(pool, chain)];
    const done = chain.steps.map(({ name }) => outcomeFacts(outcome(1, name)));
    await applyFacts(pool, chain, mergeFacts([acceptedFacts(accepted(1)), ...done]));
    const [driven] = await those.claim("younger");
    if (!driven) throw new Error("expected to drive it");
    const asked = { targets: ["mood"], force: [], limit: 10 };
    const [track] = await planTracks(pool, younger, asked, { trackId: trackId(1) });
    const item = track && planItem(younger, track, { backfillId, targets: ["mood"], now: new Date() });
    if (!item) throw new Error("expected something to do");
    await those.begin(driven, [item], { cursor: trackId(1), complete: 0, quietMs: 60_000 });
    // The one that knows it is gone.
    await pool.query("update backfills set driven_until = now() - interval '1 second'");
    for (const backfill of await ours.claim("ours")) {
      const ended = (await ours.underWay(backfill.id, 60_000)).filter(
        (each) => judgeProgress(each, chain).status === "succeeded",
      );
      await ours.settle(
        backfill.id,
        ended.map((each) => ({ trackId: each.trackId, failures: [] })),
      );
    }
    expect(await readBackfills(pool, backfillId)).toMatchObject([{ underWay: 1, succeeded: 0 }]);
    const inMs = await ours.readDue("ours");
    expect(inMs).toBeGreaterThan(500_000);
    expect(inMs).toBeLessThan(601_000);
    // Another one that does goes on with it at once.
    expect(await those.readDue("younger still")).toBe(0);
    expect(idsOf(await those.claim("younger still"))).toEqual([backfillId]);
    expect(await ours.claim("ours")).toEqual([]);
  });

  test("where nobody has known it for long, the fleet has lost the step, and one that does not looks after what is left", async () => {
    await begin("mood");
    const rows = createBackfillRows(pool, chain);
    expect(await rows.claim("ours")).toEqual([]);
    await longAgo();
    expect(await rows.readDue("ours")).toBe(0);
    expect(idsOf(await rows.claim("ours"))).toEqual([backfillId]);
    // It is looked at now and then, and not at each turn.
    expect(await rows.claim("ours")).toEqual([]);
    expect(await rows.readDue("ours")).toBeGreaterThan(500_000);
  });

  test("one for what has become a rendering since is driven as any other", async () => {
    await begin("waveform-svg");
    for (const known of [withRendering, withDrawing])
      expect(idsOf(await createBackfillRows(pool, known).claim("ours"))).toEqual([backfillId]);
  });
});
