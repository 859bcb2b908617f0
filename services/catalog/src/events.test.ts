import { createTelemetry, type Logger } from "@segue/telemetry";
import { expect, test } from "vitest";
import { createCatalogEvents } from "./events.ts";
import { outcomeFacts } from "./facts-of.ts";
import { outcome } from "./fixtures/chain.ts";

test("two builds at work are a figure, and a line when it begins or changes", async () => {
  const { meter, log, collectMetrics } = createTelemetry({ service: "catalog", level: "silent" });
  const lines: unknown[] = [];
  const keep: Logger = Object.assign(Object.create(log), {
    warn: (fields: object) => void lines.push(fields),
  });
  const events = createCatalogEvents(meter, keep);
  const seenAt = "2026-01-01T00:00:00.000Z";
  const use = (...families: string[]) => [
    {
      step: "decode",
      version: 4,
      tool: "ffmpeg",
      families: families.map((family) => ({ family, seenAt })),
    },
  ];
  const figure = async () =>
    /^segue_tool_families\{(?=.*step="decode")(?=.*version="4")(?=.*tool="ffmpeg").*\} (\d+)/m.exec(
      await collectMetrics(),
    )?.[1];
  events.toolsRead(use("5.1"));
  expect(await figure()).toBe("1");
  expect(lines).toEqual([]);
  events.toolsRead(use("5.1", "9.0"));
  events.toolsRead(use("5.1", "9.0"));
  expect(await figure()).toBe("2");
  expect(lines).toEqual([
    { mixed: [{ step: "decode", version: 4, tool: "ffmpeg", families: ["5.1", "9.0"] }] },
  ]);
  events.toolsRead(use("9.0"));
  events.toolsRead(use("5.1", "9.0"));
  expect(lines).toHaveLength(2);
  events.toolsRead([]);
  expect(await figure()).toBe("0");
});

test("what attempts took is told by step: of those that computed, and CPU time where it is known", async () => {
  const { meter, log, collectMetrics } = createTelemetry({ service: "catalog", level: "silent" });
  const events = createCatalogEvents(meter, log);
  const took = (durationMs: number, cpuMs: number | null, how: "computed" | "skipped") =>
    outcomeFacts(
      outcome(1, "tempo", { how, attempt: { ...outcome(1, "tempo").attempt, durationMs, cpuMs } }),
    );
  const message = { topic: "outcomes", publishedAt: new Date() };
  for (const facts of [took(1_500, 900, "computed"), took(9_500, null, "computed"), took(10, 5, "skipped")])
    events.factsStored(facts, message);
  const told = await collectMetrics();
  const figureOf = (series: RegExp) => Number(series.exec(told)?.[1]);
  expect(figureOf(/^segue_attempt_cpu_seconds_total\{.*step="tempo".*\} (\S+)/m)).toBeCloseTo(0.9);
  expect(figureOf(/^segue_attempt_duration_seconds_count\{.*step="tempo".*\} (\S+)/m)).toBe(2);
  expect(figureOf(/^segue_attempt_duration_seconds_sum\{.*step="tempo".*\} (\S+)/m)).toBeCloseTo(11);
  expect(figureOf(/^segue_attempt_duration_seconds_bucket\{(?=.*step="tempo").*le="9".*\} (\S+)/m)).toBe(1);
});
