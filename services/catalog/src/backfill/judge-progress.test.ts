import { expect, test } from "vitest";
import { chain } from "../fixtures/chain.ts";
import { judgeProgress, type StepEnd, type TrackUnderWay } from "./judge-progress.ts";

const end = (step: string, changes: Partial<StepEnd> = {}): StepEnd => ({
  step,
  version: 2,
  status: "succeeded",
  how: "computed",
  code: null,
  ...changes,
});
const failed = (step: string) => end(step, { status: "failed", code: "not-audio" });
function judge(ends: readonly StepEnd[], changes: Partial<TrackUnderWay> = {}) {
  const track = {
    trackId: "t",
    steps: ["decode", "tempo", "encode"],
    force: [],
    versions: {},
    ends,
  };
  return judgeProgress({ ...track, ...changes }, chain);
}

test("a track is over when each of its steps has an outcome, however it came about", () => {
  expect(judge([])).toEqual({ status: "under-way", waitingFor: ["decode", "tempo", "encode"] });
  expect(judge([end("decode", { how: "skipped" }), end("tempo")])).toEqual({
    status: "under-way",
    waitingFor: ["encode"],
  });
  expect(judge([end("decode", { how: "skipped" }), end("tempo"), end("encode")]).status).toBe("succeeded");
});

test("what follows from a failed step is not waited for; failures are told by step and code", () => {
  expect(judge([failed("decode")])).toEqual({
    status: "failed",
    failures: [{ step: "decode", code: "not-audio" }],
  });
  expect(judge([end("decode"), failed("tempo")])).toMatchObject({ waitingFor: ["encode"] });
  expect(judge([failed("fetch")], { steps: ["fetch", "decode", "tempo", "encode"] }).status).toBe("failed");
});

test("a forced step that was skipped was skipped for somebody else", () => {
  const ends = [end("decode", { how: "skipped" }), end("tempo", { how: "skipped" }), end("encode")];
  expect(judge(ends, { force: ["tempo"] })).toEqual({ status: "under-way", waitingFor: ["tempo"] });
  expect(judge([...ends, end("tempo")], { force: ["tempo"] }).status).toBe("succeeded");
});

test("of success and failure success holds, and a step that the chain has lost is not waited for", () => {
  expect(judge([end("decode"), failed("tempo"), end("tempo"), end("encode")]).status).toBe("succeeded");
  expect(judge([end("decode")], { steps: ["decode", "gone"] }).status).toBe("succeeded");
});

test("what a worker of an older version came to is not what was asked for, be it success or failure", () => {
  const ends = [
    end("decode"),
    end("encode"),
    end("tempo", { version: 1 }),
    { ...failed("tempo"), version: 1 },
  ];
  const versions = { decode: 1, tempo: 2, encode: 2 };
  expect(judge(ends, { versions })).toEqual({ status: "under-way", waitingFor: ["tempo"] });
  expect(judge([...ends, end("tempo", { version: 3 })], { versions }).status).toBe("succeeded");
});
