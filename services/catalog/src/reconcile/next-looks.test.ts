import { emptyTables, testDatabases } from "@segue/catalog-db/testing";
import { createId } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { applyFacts } from "../apply-facts.ts";
import { acceptedFacts, requestFacts } from "../facts-of.ts";
import { accepted, chain, requested, trackId } from "../fixtures/chain.ts";
import { startTestPool, type TestPool } from "../fixtures/test-pool.ts";
import { mergeFacts } from "../rows.ts";
import { createDatabaseClock } from "./database-clock.ts";
import { readNextLooks } from "./next-looks.ts";

const dayMs = 86_400_000;
const quietMs = 60_000;

describe.each(testDatabases)("on an $name", (kind) => {
  let started: TestPool;
  beforeAll(async () => {
    started = await startTestPool(kind);
  });
  afterAll(() => started[Symbol.asyncDispose]());
  beforeEach(() => emptyTables(started.pool));
  const ask = async (n: number, requestedMs: number) => {
    const requestedAt = new Date(requestedMs).toISOString();
    const requestId = createId(new Date(requestedMs));
    const replay = requested(n, { requestId, cause: "replay", force: ["tempo"], requestedAt });
    await applyFacts(started.pool, chain, mergeFacts([acceptedFacts(accepted(n)), requestFacts(replay)]));
  };

  test("a replay that was asked for by a clock ahead keeps no other from being looked at", async () => {
    const nowMs = Date.now();
    await ask(1, nowMs + dayMs);
    await ask(2, nowMs - 10 * quietMs);
    await started.pool.query(
      "update replay_watches set next_look_at = now() - interval '1 hour' where track_id = $1",
      [trackId(1)],
    );
    const { replays } = await readNextLooks(started.pool, quietMs);
    expect(Math.abs((replays?.getTime() ?? 0) - nowMs)).toBeLessThan(quietMs);
  });

  test("a watch is all that is known of a replay: it is not looked at", async () => {
    await started.pool.query("insert into replay_watches (track_id, request_id) values ($1, $2)", [
      trackId(1),
      trackId(2),
    ]);
    expect((await readNextLooks(started.pool, quietMs)).replays).toBeNull();
  });

  test.each([
    ["ahead", dayMs],
    ["behind", -dayMs],
  ])("a machine whose clock is %s goes by the database's", async (_, byMs) => {
    const clock = createDatabaseClock(started.pool, () => Date.now() + byMs);
    expect(Math.abs(clock.now().getTime() - Date.now() - byMs)).toBeLessThan(quietMs);
    await clock.set();
    expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(quietMs);
  });
});
