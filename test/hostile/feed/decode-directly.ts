import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StepError } from "@segue/contracts";
import { decode } from "@segue/decode";
import { runStep } from "@segue/step";
import type { Outcome } from "../corpus/hostile-file.ts";

export interface Decoded {
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** What went wrong, in words; the empty string otherwise. */
  readonly message: string;
  /** Whether the outcome is one that a client may be told at the first attempt. */
  readonly typed: boolean;
}

/** Decodes a file with the step itself, in this process: no queue, no storage. */
export async function decodeDirectly(bytes: Uint8Array, dir: string): Promise<Decoded> {
  const path = join(dir, "master");
  await writeFile(path, bytes);
  const startedAt = performance.now();
  const took = () => performance.now() - startedAt;
  try {
    const given = { master: { facts: { sizeBytes: bytes.length }, path } };
    const { facts } = await runStep(decode, given, { outputDir: dir });
    const warnings = facts.warnings.map(({ code }) => code);
    return { outcome: { state: "done", warnings, facts }, durationMs: took(), message: "", typed: true };
  } catch (thrown) {
    const error = StepError.from(thrown);
    const typed = error.permanent && error.code !== "invalid-output";
    return {
      outcome: { state: "failed", code: error.code },
      durationMs: took(),
      message: error.message,
      typed,
    };
  }
}
