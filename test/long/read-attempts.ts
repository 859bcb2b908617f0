import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** What the workers' logs say of one step's attempts. */
export interface StepAttempts {
  /** How long each kept its core, in ms: inputs, the step, its output, announcements and clean-up. */
  readonly heldMs: readonly number[];
  /** Attempts that failed and were repeated, in the log's words. */
  readonly failures: readonly string[];
}

const LogLine = z.object({
  step: z.string().optional(),
  message: z.string().default(""),
  heldMs: z.number().optional(),
  code: z.string().optional(),
});

/** Reads the logs of a fleet that ran at the level `debug`, by step. */
export async function readAttempts(logDir: string): Promise<ReadonlyMap<string, StepAttempts>> {
  const texts = await Promise.all(
    (await readdir(logDir)).map((name) => readFile(join(logDir, name), "utf8")),
  );
  return parseAttempts(texts.join("\n"));
}

/** @param log JSON lines; what is none is passed over. */
export function parseAttempts(log: string): ReadonlyMap<string, StepAttempts> {
  const attempts = new Map<string, { heldMs: number[]; failures: string[] }>();
  for (const text of log.split("\n")) {
    if (!text.startsWith("{")) continue;
    const { step, message, heldMs, code } = LogLine.parse(JSON.parse(text));
    if (!step) continue;
    const of = attempts.get(step) ?? { heldMs: [], failures: [] };
    if (message === "attempt ended" && heldMs !== undefined) of.heldMs.push(heldMs);
    else if (code) of.failures.push(`${code}: ${message}`);
    else continue;
    attempts.set(step, of);
  }
  return attempts;
}
