import { expect, test } from "vitest";
import { renderStatus, summariseFleet } from "./summarise-fleet.ts";

const since = "2026-01-01T00:00:00.000Z";
const seenAt = "2026-01-01T12:00:00.000Z";
const use = (step: string, ...families: string[]) => ({
  step,
  version: 4,
  tool: "ffmpeg",
  families: families.map((family) => ({ family, seenAt })),
});

test("builds of two families for one version of a step are warned of; one is told", () => {
  const mixed = summariseFleet([], { since, tools: [use("decode", "5.1", "9.0"), use("encode", "5.1")] });
  expect(mixed.warnings).toHaveLength(1);
  const text = renderStatus(mixed);
  expect(text).toMatch(/^ffmpeg +5\.1, 9\.0$/m);
  expect(text).toMatch(
    /^warning: decode v4 was made by ffmpeg 5\.1 \(last at .*\) and 9\.0 \(.*\) in the last day/m,
  );
  const one = summariseFleet([], { since, tools: [use("decode", "5.1"), use("encode", "5.1")] });
  expect(one).toMatchObject({ warnings: [], tools: [{ step: "decode" }, { step: "encode" }] });
  expect(renderStatus(one)).toMatch(/^ffmpeg +5\.1$/m);
});

test("another family for another version of a step is no mixture: its results have another address", () => {
  const tools = [use("decode", "5.1"), { ...use("decode", "9.0"), version: 5 }];
  expect(summariseFleet([], { since, tools }).warnings).toEqual([]);
});

test("an API of before tells nothing of builds", () => {
  const status = summariseFleet([]);
  expect(status).toMatchObject({ tools: null, warnings: [] });
  expect(renderStatus(status)).not.toMatch(/warning|ffmpeg/);
});
