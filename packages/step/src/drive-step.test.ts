import { Master } from "@segue/contracts";
import { expect, test } from "vitest";
import { defineStep, type StepContext } from "./define-step.ts";
import { driveStep } from "./drive-step.ts";
import { Words } from "./fixtures/kinds.ts";

/** Counts how often its `finally` runs: where children are ended. */
function tidyStep() {
  const tidied = { times: 0 };
  const step = defineStep({
    name: "tidy",
    version: 1,
    consumes: { master: Master },
    produces: Words,
    budget: { timeMs: 1_000, memoryMiB: 100 },
    setup: async () => null,
    async *run() {
      try {
        yield { state: 1 };
        return { words: 1 };
      } finally {
        tidied.times += 1;
      }
    },
  });
  return { step, tidied };
}

const context: StepContext = {
  log: { debug() {}, info() {}, warn() {} },
  signal: new AbortController().signal,
  outputPath: "",
  outputPaths: {},
  scratchDir: "",
  resumed: null,
  pieces: [],
  fetchFile: async () => "",
  composeOutput() {},
  onSpawn() {},
};
const inputs = {
  master: {
    kind: "master" as const,
    address: "",
    facts: { sizeBytes: 0 },
    path: "",
    sizeBytes: 0,
    fetch: async () => "",
    fetchRange: async () => "",
  },
};

test("a step tidies up when it is stopped, when it ends, and when its checkpoint can't be kept", async () => {
  const { step, tidied } = tidyStep();
  const drive = (answer: () => Promise<"continue" | "stop">) =>
    driveStep(step, inputs, null, context, answer);
  expect(await drive(async () => "stop")).toEqual({ status: "stopped" });
  expect(tidied.times).toBe(1);
  expect(await drive(async () => "continue")).toEqual({ status: "finished", facts: { words: 1 } });
  expect(tidied.times).toBe(2);
  const away = new Error("storage is away");
  await expect(drive(() => Promise.reject(away))).rejects.toBe(away);
  expect(tidied.times).toBe(3);
});
