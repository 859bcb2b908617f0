import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Kind, Master } from "@segue/contracts";
import type { Check } from "../check.ts";
import { describeError } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";

const damages: readonly { readonly what: string; readonly make: (whole: Buffer) => Buffer }[] = [
  { what: "empty", make: () => Buffer.alloc(0) },
  { what: "cut in half", make: (whole) => whole.subarray(0, whole.length >> 1) },
  // Not one of its own bytes.
  { what: "of other bytes", make: (whole) => Buffer.from(whole.map((byte, i) => byte ^ (1 + (i % 251)))) },
];

/**
 * Bytes that are not what they should be: a result, or an error that says so. What clients send has to end with a permanent one at the
 * first attempt; of artifacts, which are verified, an error that is retried will do. The worker is never to blame for them.
 */
export const survivesMalformedPayloads: Check = {
  title: "a damaged input ends with a result that is one, or with the right family of error",
  async run(subject) {
    const [sample] = subject.samples;
    let tried = 0;
    for (const [input, kind] of Object.entries(subject.step.consumes) as [string, Kind][]) {
      const path = sample.given[input]?.path;
      if (!path) continue;
      const whole = await readFile(path);
      for (const { what, make } of damages) {
        const damaged = join(subject.dir, `damaged.${kind.payload?.extension ?? "bin"}`);
        await writeFile(damaged, make(whole));
        await tryPayload(subject, sample, input, damaged, what);
        tried += 1;
      }
    }
    return tried > 0 ? { measured: `${tried} damaged inputs` } : { skipped: "its inputs are facts alone" };
  },
};

async function tryPayload(
  subject: Subject,
  sample: Sample,
  input: string,
  path: string,
  what: string,
): Promise<void> {
  const given = sample.given[input];
  if (!given) return;
  const ended = await subject.run(sample, { given: { ...sample.given, [input]: { ...given, path } } });
  if (ended.status === "succeeded") return;
  const { error } = ended;
  const fromClients = subject.step.consumes[input].name === Master.name;
  const isRight =
    error.family === "permanent"
      ? error.code !== "invalid-output"
      : error.code === "step-failed" && !fromClients;
  if (isRight) return;
  const expected = fromClients
    ? "a permanent error of the catalogue or its own"
    : "a permanent error, or step-failed";
  throw new Nonconformance(
    `the payload of ${input} ${what}: expected ${expected}, got ${describeError(error)}`,
  );
}
