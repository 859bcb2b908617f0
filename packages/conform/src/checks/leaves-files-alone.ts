import { mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Check } from "../check.ts";
import { digestsOf } from "../digests.ts";
import { Nonconformance } from "../nonconformance.ts";
import { runStoppedAt } from "../run-stopped-at.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";

/** Inputs are read and never written; what it makes is in its own directory; temporary files go, also where it is stopped or fails. */
export const leavesFilesAlone: Check = {
  title: "its inputs are as they were, and outside its own directory nothing is left behind",
  async run(subject) {
    const [sample] = subject.samples;
    const { events } = await subject.reference(sample);
    await lookAfter(subject, `"${sample.name}"`, () => subject.run(sample));
    await lookAfter(subject, `"${sample.name}", told to stop`, () =>
      runStoppedAt(subject, sample, events.length >> 1),
    );
    for (const refusal of subject.refusals)
      await lookAfter(subject, `"${refusal.name}", refused`, () => subject.run(refusal));
    await compareInputs(subject, [...subject.samples, ...subject.refusals]);
    return undefined;
  },
};

/** Where temporary files go, and where the process stands, is a new and empty directory: whatever is in there afterwards is left behind. */
async function lookAfter(subject: Subject, how: string, run: () => Promise<unknown>): Promise<void> {
  const dir = await mkdtemp(join(subject.dir, "around-"));
  const before = { cwd: process.cwd(), tmpdir: process.env.TMPDIR };
  process.chdir(dir);
  process.env.TMPDIR = dir;
  try {
    await run();
  } finally {
    process.chdir(before.cwd);
    process.env.TMPDIR = before.tmpdir;
  }
  const [left] = await readdir(dir);
  await rm(dir, { recursive: true, force: true });
  if (left)
    throw new Nonconformance(
      `${how}: ${left} is left behind where temporary files are, or where the process stands`,
    );
}

/** All that has been done to them since they were written. */
async function compareInputs({ inputs, inputsDir }: Subject, samples: readonly Sample[]): Promise<void> {
  const now = await digestsOf(inputsDir, samples);
  for (const [path, digest] of inputs)
    if (now.get(path) !== digest) throw new Nonconformance(`its input ${path} changed`);
  for (const path of now.keys())
    if (!inputs.has(path)) throw new Nonconformance(`${path} is left behind beside its inputs`);
}
