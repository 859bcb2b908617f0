import { createHash } from "node:crypto";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Check, Nonconformance } from "../check.ts";
import { runStoppedAt } from "../run-stopped-at.ts";
import type { Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";

/** Inputs are read and never written; what it makes is in its own directory; temporary files go, also where it is stopped or fails. */
export const leavesFilesAlone: Check = {
  title: "its inputs are as they were, and outside its own directory nothing is left behind",
  async run(subject) {
    const cwd = process.cwd();
    // What it writes by a relative name is found there.
    process.chdir(subject.dir);
    try {
      await lookAtAll(subject);
    } finally {
      process.chdir(cwd);
    }
    return undefined;
  },
};

async function lookAtAll(subject: Subject): Promise<void> {
  for (const sample of subject.samples) {
    const before = await filesAround(subject, sample);
    await subject.run(sample);
    await compare(before, subject, sample, "after a run");
    const { events } = await subject.reference(sample);
    await runStoppedAt(subject, sample, events.length >> 1);
    await compare(before, subject, sample, "after it was stopped");
  }
  for (const refusal of subject.refusals) {
    const before = await filesAround(subject, refusal);
    await subject.run(refusal);
    await compare(before, subject, refusal, "after it refused its input");
  }
}

type Files = ReadonlyMap<string, string>;

/** Every file where a step could leave or spoil one: the temporary directory, where the process stands too, and its inputs. */
async function filesAround(subject: Subject, { given }: Sample): Promise<Files> {
  const files = new Map<string, string>();
  for (const dir of [subject.dir, subject.inputsDir]) await listFiles(dir, files);
  for (const { path } of Object.values(given)) if (path) files.set(path, await digest(path));
  return files;
}

async function listFiles(dir: string, files: Map<string, string>): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    files.set(path, entry.isDirectory() ? "a folder" : await digest(path));
    if (entry.isDirectory()) await listFiles(path, files);
  }
}

async function digest(path: string): Promise<string> {
  if (!(await lstat(path)).isFile()) return "no file of its own";
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

async function compare(before: Files, subject: Subject, sample: Sample, when: string): Promise<void> {
  const after = await filesAround(subject, sample);
  const changed = [...before]
    .filter(([path, was]) => after.get(path) !== was)
    .map(([path]) => `${path} changed`);
  const added = [...after.keys()].filter((path) => !before.has(path)).map((path) => `${path} is left behind`);
  const [problem] = [...changed, ...added];
  if (problem) throw new Nonconformance(`"${sample.name}", ${when}: ${problem}`);
}
