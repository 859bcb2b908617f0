import { openMigrated, testDatabases } from "@segue/catalog-db/testing";
import { createTelemetry } from "@segue/telemetry";
import { expect, test } from "vitest";
import { createAccess } from "./create-access.ts";
import { startForgetting } from "./forget-old.ts";

const { log } = createTelemetry({ service: "ingest", level: "silent" });
const [kind] = testDatabases;

test("audit and charges of 30,000 writes that were kept long enough are gone soon after the start, and no others", async () => {
  if (!kind) throw new Error("expected a database");
  await using database = await kind.start();
  const pool = await openMigrated(database.url);
  await pool.query(`insert into api_audit (at, action, address, request_id, status)
    select now() - make_interval(days => case n when 0 then 300 else 400 end), 'createTrack', '::1', 'r', 202 from generate_series(0, 30000) n`);
  await pool.query(`insert into api_charges (track_id, day)
    select gen_random_uuid(), current_date - case n when 0 then 2 else 30 end from generate_series(0, 30000) n`);
  const count = async (table: string) =>
    Number((await pool.query(`select count(*) as n from ${table}`)).rows[0]?.n);
  const access = createAccess({
    ...{ pool, log, config: { apiKeys: "required", auditKeepDays: 365 }, now: () => new Date() },
    forgetOld: { firstMs: 10, restMs: 3_600_000, pauseMs: 1 },
  });
  const left = async () => ({ audit: await count("api_audit"), charges: await count("api_charges") });
  await expect.poll(left, { timeout: 60_000, interval: 200 }).toEqual({ audit: 1, charges: 1 });
  await access.close();
  await pool.end();
});

test("what can't be deleted now is tried again, and nothing is begun once it is stopped", async () => {
  let [tried, forgotten] = [0, 0];
  const stop = startForgetting(
    [
      async () => {
        tried += 1;
        if (tried === 1) throw new Error("the database is away");
        return tried < 4;
      },
      async () => {
        forgotten += 1;
        return false;
      },
    ],
    log,
    { firstMs: 0, restMs: 10, pauseMs: 0 },
  );
  await expect.poll(() => forgotten).toBeGreaterThan(1);
  expect(tried).toBeGreaterThanOrEqual(5);
  stop();
  const before = tried;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(tried - before).toBeLessThanOrEqual(1);
});
