// How late takedowns are that are not done, for whoever has promised that something goes.
import type { Pool } from "@segue/catalog-db";
import { testDatabases } from "@segue/catalog-db/testing";
import type { ObjectStore } from "@segue/store";
import { createTelemetry } from "@segue/telemetry";
import { describe, expect, test, vi } from "vitest";
import { createCatalogEvents } from "../events.ts";
import { chain, names } from "../fixtures/chain.ts";
import { type TakedownBench, takedownPaces, useTakedownBench } from "../fixtures/takedown-bench.ts";
import { startTakedowns } from "./start-takedowns.ts";
import { createTakedownRows, type OverdueTakedowns } from "./takedown-rows.ts";

const { log } = createTelemetry({ service: "catalog", level: "silent" });
const hourMs = 3_600_000;
const paces = { graceMs: hourMs, horizonMs: 168 * hourMs, pauseMs: 1_000 };

describe.each(testDatabases)("takedowns that are late, on an $name", (kind) => {
  let pool: Pool;
  let bench: TakedownBench;
  useTakedownBench(kind, (opened) => {
    ({ pool, bench } = opened);
  });
  const overdueHours = async () => {
    const { removedMs, finalMs } = await createTakedownRows(pool).readOverdue(paces);
    return [removedMs, finalMs].map((ms) => Math.round(ms / hourMs));
  };
  /** One that was asked for so many hours ago, and is so far. */
  const takedown = async (hours: number, state: string) => {
    const { id } = await bench.make(hours);
    const asked = await bench.ask({ tracks: [id] });
    await pool.query(
      "update takedowns set requested_at = now() - make_interval(hours => $2), state = $3 where id = $1",
      [asked, hours, state],
    );
    return { id, asked };
  };

  test("are so by what is over of their time, and not while they have some left", async () => {
    expect(await overdueHours()).toEqual([0, 0]);
    await takedown(1, "removing");
    await takedown(167, "removed");
    expect(await overdueHours()).toEqual([0, 0]);
    await takedown(6, "asked");
    await takedown(9, "removing");
    await takedown(170, "removed");
    expect(await overdueHours()).toEqual([8, 2]);
  });

  test("are not late for what came of them later; what is done is not late at all", async () => {
    for (const state of ["declined", "final"]) {
      const { asked } = await takedown(500, state);
      await pool.query("update takedowns set due_at = null where id = $1", [asked]);
    }
    const found = await takedown(300, "removed");
    await pool.query("update takedowns set found_at = now() - interval '100 hours' where id = $1", [
      found.asked,
    ]);
    expect(await overdueHours()).toEqual([0, 0]);
    const heard = await takedown(300, "removed");
    await pool.query(
      `insert into deleted_tracks (id, takedown_id, owner, cause, heard, heard_at) values ($1, $2, 'default', 'delete', 1, now() - interval '171 hours')`,
      [heard.id, heard.asked],
    );
    expect(await overdueHours()).toEqual([0, 3]);
  });

  test("are told of, and later each time, while storage refuses to be swept", async () => {
    const told: OverdueTakedowns[] = [];
    const { id } = await bench.make(1);
    await bench.ask({ tracks: [id] });
    const refuses = new Proxy({} as ObjectStore, {
      get: () => () => {
        throw new Error("403");
      },
    });
    const takedowns = startTakedowns({
      ...{ pool, chain, names, log, store: refuses, receiptKey: undefined, ...takedownPaces },
      events: { takedownsJudged: (overdue) => void told.push(overdue) },
    });
    try {
      await expect
        .poll(
          () => {
            takedowns.note({ takedowns: [{}] } as never);
            return told.filter(({ removedMs }) => removedMs > 0).length;
          },
          { timeout: 60_000 },
        )
        .toBeGreaterThan(1);
    } finally {
      await takedowns.stop();
    }
    const late = told.map(({ removedMs }) => removedMs).filter((ms) => ms > 0);
    expect(late).toEqual(late.toSorted((a, b) => a - b));
  });
});

test("what is late goes on being late while nobody can ask how late it is; what is not stays at 0", async () => {
  const { meter, collectMetrics } = createTelemetry({ service: "catalog", level: "silent" });
  const { takedownsJudged } = createCatalogEvents(meter, log);
  const values = async () =>
    [
      ...(await collectMetrics()).matchAll(/^segue_takedown_overdue_seconds\{.*stage="(\w+)".*\} (\S+)/gm),
    ].map(([, stage, value]) => [stage, Number(value)]);
  expect(await values()).toEqual([]);
  const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
  try {
    takedownsJudged({ removedMs: 5_000, finalMs: 0 });
    now.mockReturnValue(61_000);
    expect(await values()).toEqual([
      ["removed", 65],
      ["final", 0],
    ]);
  } finally {
    now.mockRestore();
  }
});
