import { PassThrough } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import type { TrackRow } from "./describe-track.ts";
import { createDisplay } from "./display.ts";
import type { Progress } from "./tally.ts";

const row = {
  file: "x",
  title: "x",
  state: "failed",
  warnings: [],
  failures: [{ step: "decode", code: "not-audio", message: "m" }],
} as const;
const endedRow: TrackRow = {
  ...row,
  trackId: "",
  results: [],
  latencyMs: null,
  steps: [],
};

/** A pipe, and a clock that stands until it is told otherwise. */
function openPipe() {
  const stdout = new PassThrough();
  let text = "";
  stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  let nowMs = 0;
  const display = createDisplay({ stdout, stderr: new PassThrough() }, { json: false, now: () => nowMs });
  onTestFinished(() => display.close());
  const lines = () => text.split("\n").slice(0, -1);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { display, lines, pass };
}

const progress: Progress = {
  total: 1_000,
  accepted: 900,
  succeeded: 0,
  failed: 7,
  steps: [],
  elapsedMs: 42_000,
  remainingMs: 70_000,
};

test("where nobody watches there is a line in five seconds, however many tracks end", () => {
  const { display, lines, pass } = openPipe();
  display.watch(() => progress);
  for (let second = 0; second < 20; second++) {
    for (let n = 0; n < 100; n++) display.ended(endedRow, {} as never);
    pass(1_000);
  }
  expect(lines()).toHaveLength(4);
  expect(lines()[0]).toContain(
    "[7/1000] failed x: decode: not-audio (m) · 900 of 1,000 tracks accepted · 7 failed · 0:42 so far",
  );
  expect(lines()[0]).toContain("about 1:10 left");
});

test("trouble is told once, without an estimate, until something moves again", () => {
  const { display, lines, pass } = openPipe();
  display.watch(() => progress);
  for (let n = 0; n < 5; n++) {
    display.status("the API does not answer; asking again");
    pass(6_000);
  }
  expect(lines()).toEqual([
    expect.stringMatching(/^900 of 1,000 tracks .*so far · the API does not answer; asking again$/),
  ]);
  display.status(null);
  display.status("again");
  expect(lines()).toHaveLength(2);
});
