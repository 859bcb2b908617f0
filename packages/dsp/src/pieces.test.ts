import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bytesOf, readDoubles, readFloats } from "./number-files.ts";
import { fetchPieces, makePieces, pieceNames, writeContents } from "./pieces.ts";

type Progress = { pieces: number; sum: number };

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "segue-pieces-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const name = pieceNames("part", 3);

/** Goes on from each checkpoint with a generator of its own, as a step does whose attempt ends after so many pieces. */
async function run(scratchDir: string, from: Progress, stopAfter: number) {
  const states: Progress[] = [];
  for (let progress = from; ; ) {
    const pieces = makePieces<Progress>({
      from: progress,
      count: 5,
      name,
      scratchDir,
      make: async (piece, { sum }) => ({
        contents: Buffer.from(`${piece}:${sum}`),
        progress: { sum: sum + piece },
      }),
    });
    for (let made = 0; made < stopAfter; made++) {
      const { done, value } = await pieces.next();
      if (done) return { end: value, states };
      states.push(value.state);
      progress = value.state;
      expect(await readFile(value.files[name(value.state.pieces - 1)] ?? "", "utf8")).toMatch(/^\d:/);
    }
  }
}

test.each([1, 2, 10])(
  "after %i pieces at a time it comes to the same end through the same checkpoints",
  async (stopAfter) => {
    const folder = await makeFolder();
    const { end, states } = await run(folder, { pieces: 0, sum: 0 }, stopAfter);
    expect(end).toEqual({ pieces: 5, sum: 10 });
    expect(states.map(({ sum }) => sum)).toEqual([0, 1, 3, 6, 10]);
    const contents: string[] = [];
    for await (const path of fetchPieces(async (file) => join(folder, file), name, 5))
      contents.push(await readFile(path, "utf8"));
    expect(contents).toEqual(["0:0", "1:0", "2:1", "3:3", "4:6"]);
  },
);

test("none is made where all are done", async () => {
  const { end, states } = await run("/no/such/folder", { pieces: 5, sum: 1 }, 1);
  expect([end, states]).toEqual([{ pieces: 5, sum: 1 }, []]);
});

test("names sort by number", () => {
  expect([name(2), name(10), name(1_000)]).toEqual(["part-002", "part-010", "part-1000"]);
});

test("numbers come back as they were, of several arrays one after the other", async () => {
  const folder = await makeFolder();
  const floats = Float32Array.of(1.5, -0.25, Number.NaN);
  const doubles = Float64Array.of(Math.PI, 1e300).subarray(1);
  const paths = await writeContents(folder, { floats: bytesOf(floats, floats), doubles: bytesOf(doubles) });
  expect(await readFloats(paths.floats ?? "")).toEqual(Float32Array.of(...floats, ...floats));
  expect(await readDoubles(paths.doubles ?? "")).toEqual(Float64Array.of(1e300));
});
