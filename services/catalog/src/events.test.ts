import { createTelemetry, type Logger } from "@segue/telemetry";
import { expect, test } from "vitest";
import { createCatalogEvents } from "./events.ts";

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
