import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { StepError } from "@segue/contracts";
import type { StepLog } from "@segue/step";

/** A directory of one attempt's own. */
export interface AttemptDir extends AsyncDisposable {
  readonly path: string;
}

/** @throws {StepError} `worker-unfit`: whatever keeps a worker from its own scratch directory says nothing of a track. */
export async function makeAttemptDir(scratchDir: string, log: StepLog): Promise<AttemptDir> {
  try {
    const path = await mkdtemp(join(scratchDir, "attempt-"));
    return {
      path,
      async [Symbol.asyncDispose]() {
        // What the attempt came to holds all the same.
        await rm(path, { recursive: true, force: true }).catch((error) =>
          log.warn({ error, path }, "an attempt's directory could not be removed"),
        );
      },
    };
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new StepError("worker-unfit", `no directory for an attempt: ${what}`, { cause });
  }
}
