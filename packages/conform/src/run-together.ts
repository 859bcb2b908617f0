import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseFacts } from "@segue/step";
import {
  createKeptWork,
  declaredError,
  discardKept,
  enterAttempt,
  outputPathsIn,
  runMembers,
} from "@segue/step/attempt";
import type { Came } from "./compare.ts";
import { readPayloads, silent } from "./run-to-end.ts";
import type { Sample } from "./sample.ts";

/** Does the work of several inputs in one go, as a worker does that has their messages in hand together. */
export async function runTogether(
  samples: readonly Sample[],
  work: unknown,
  parentDir: string,
): Promise<Came[]> {
  const dir = await mkdtemp(join(parentDir, "together-"));
  const kept = await createKeptWork();
  try {
    const entered = await Promise.all(
      samples.map(async ({ step, given }, index) => {
        const scratchDir = join(dir, `${index}`);
        await mkdir(scratchDir);
        const outputPaths = outputPathsIn(step, scratchDir, "output-");
        const signal = new AbortController().signal;
        const attempt = { given, work, kept, todo: null, scratchDir, outputPaths, log: silent, signal };
        return {
          step,
          outputPaths,
          member: await enterAttempt(step, { ...attempt, goesOn: () => "continue" }),
        };
      }),
    );
    const batch = entered[0]?.step.batch;
    if (!batch) throw new TypeError("the step does no batches");
    const settled = await runMembers(
      batch,
      entered.map(({ member }) => member),
      work,
    );
    for (const { member } of entered) await member.settled();
    return await Promise.all(
      entered.map(async ({ step, outputPaths }, index): Promise<Came> => {
        try {
          const result = settled[index];
          if (result?.status !== "fulfilled") throw result?.reason;
          const facts = parseFacts(step, result.value);
          return { status: "succeeded", facts, payloads: await readPayloads(step, outputPaths) };
        } catch (thrown) {
          return { status: "failed", error: declaredError(step, thrown) };
        }
      }),
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
    await discardKept(kept);
  }
}
