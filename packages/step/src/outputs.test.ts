import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { defineKind, describeStep, Master, specOf } from "@segue/contracts";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { defineStep } from "./define-step.ts";
import { Words } from "./fixtures/kinds.ts";
import { runStep } from "./run-step.ts";

const Copy = defineKind({
  name: "copy",
  retention: "derivative",
  payload: { contentType: "text/plain", extension: "txt" },
  facts: z.object({ letters: z.int() }),
});
const base = {
  name: "both",
  version: 1,
  consumes: { master: Master },
  budget: { timeMs: 1_000, memoryMiB: 100 },
  setup: async () => null,
};
const given = { master: { facts: { sizeBytes: 0 } } };

test("a step with several outputs returns the facts of each, and writes each payload to its own path", async () => {
  const both = defineStep({
    ...base,
    produces: { words: Words, copy: Copy },
    async run(_inputs, _work, { outputPath, outputPaths }) {
      expect(outputPath).toBe("");
      expect(outputPaths.words).toBe("");
      await writeFile(outputPaths.copy, "two words");
      return { words: { words: 2 }, copy: { letters: 9 } };
    },
  });
  const { facts, outputPath, outputPaths } = await runStep(both, given);
  onTestFinished(() => rm(dirname(outputPaths.copy), { recursive: true }));
  expect(facts).toEqual({ words: { words: 2 }, copy: { letters: 9 } });
  expect(outputPath).toBe("");
  expect(await readFile(outputPaths.copy, "utf8")).toBe("two words");
  const read = specOf(describeStep(both));
  expect(Object.keys(read.produces)).toEqual(["words", "copy"]);
});

test.each([
  ["one is left out", { words: { words: 1 } }, "both returned what is no copy"],
  [
    "one has facts of another form",
    { words: { words: "1" }, copy: { letters: 1 } },
    "both returned what is no words",
  ],
  [
    "one is none of its outputs",
    { words: { words: 1 }, copy: { letters: 1 }, more: 1 },
    'both returned "more"',
  ],
])("it is an invalid output where %s", async (_what, returned, message) => {
  const step = defineStep({
    ...base,
    produces: { words: Words, copy: Copy },
    run: async () => returned as never,
  });
  await expect(runStep(step, given, { outputDir: "/nowhere" })).rejects.toMatchObject({
    code: "invalid-output",
    message: expect.stringContaining(message),
  });
});

test("payloads of yielded files are declared by output, and nowhere else", async () => {
  const step = (output: string | undefined) =>
    defineStep({
      ...base,
      produces: { copy: Copy },
      async *run(_inputs, _work, { scratchDir, composeOutput }) {
        const path = `${scratchDir}/part`;
        await writeFile(path, "part");
        yield { state: 1, files: { part: path } };
        (composeOutput as (names: string[], output?: string) => void)(["part"], output);
        return { copy: { letters: 4 } };
      },
    });
  const { outputPaths } = await runStep(step("copy"), given);
  onTestFinished(() => rm(dirname(outputPaths.copy), { recursive: true }));
  expect(await readFile(outputPaths.copy, "utf8")).toBe("part");
  for (const output of [undefined, "other"])
    await expect(runStep(step(output), given, { outputDir: "/nowhere" })).rejects.toThrow(
      "composeOutput: expected one of its outputs (copy)",
    );
});

test("in batches, an item has what it needs of its outputs, and its facts are those of each", async () => {
  const step = defineStep({
    ...base,
    produces: { words: Words, copy: Copy },
    batch: { max: 4, waitMs: 0 },
    prepare: (_inputs, _work, { outputPaths }) => outputPaths.copy,
    async runBatch(paths) {
      await Promise.all(paths.map((path) => writeFile(path, "copy")));
      return paths.map(() => ({ words: { words: 1 }, copy: { letters: 4 } }));
    },
  });
  const { facts, outputPaths } = await runStep(step, given);
  onTestFinished(() => rm(dirname(outputPaths.copy), { recursive: true }));
  expect(facts.copy).toEqual({ letters: 4 });
});

test("a definition without outputs, or with two of one kind, is refused in words", () => {
  const run = async () => ({}) as never;
  expect(() => defineStep({ ...base, produces: {}, run })).toThrow(
    "both: produces: expected a kind, or outputs",
  );
  expect(() => defineStep({ ...base, produces: { a: Copy, b: Copy }, run })).toThrow(
    'both: produces: expected outputs of different kinds, got "copy" twice',
  );
});
