import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { killGroup } from "@segue/child-process";
import type { AttemptEvent } from "@segue/step/attempt";
import type { Check } from "../check.ts";
import { describeError, isSame } from "../compare.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Sample } from "../sample.ts";
import { places } from "../spread.ts";
import type { Subject } from "../subject.ts";
import { watchNames } from "../watch-names.ts";

const mostPlaces = 2;

/** A full disk, and a child that the kernel kills for want of memory, are the machine's fault. Half a file is no result. */
export const blamesTheMachine: Check = {
  title: "a full disk and a child that is killed are the machine's fault, and never the input's",
  async run(subject) {
    if (process.platform !== "linux") return { skipped: "without /dev/full no disk is full" };
    let [files, programs] = [0, 0];
    for (const sample of [...subject.samples.slice(0, 1), ...subject.long]) {
      const written = await namesWritten(subject, sample);
      for (const place of places(written.length, mostPlaces))
        await fillDisk(subject, sample, written[place] ?? "");
      const { events } = await subject.reference(sample);
      const children = events.filter(({ type }) => type === "spawned").length;
      for (const place of places(children, mostPlaces)) await killChild(subject, sample, place);
      files += written.length;
      programs += children;
    }
    if (files + programs === 0) return { skipped: "it writes no files and starts no programs" };
    return { measured: `${files} files, ${programs} programs` };
  },
};

/** Names in the attempt's directory that the step itself writes. */
async function namesWritten(subject: Subject, sample: Sample): Promise<string[]> {
  const names = new Set<string>();
  const prepare = async (scratchDir: string) => {
    const stop = await watchNames(scratchDir);
    return async () => {
      for (const name of await stop()) names.add(name);
    };
  };
  await subject.run(sample, { prepare });
  return [...names].filter((name) => !/^range-\d+$/.test(name));
}

async function fillDisk(subject: Subject, sample: Sample, name: string): Promise<void> {
  const { made } = await subject.reference(sample);
  const prepare = (scratchDir: string) => symlink("/dev/full", join(scratchDir, name));
  const ended = await subject.run(sample, { prepare });
  if (ended.status === "succeeded") {
    if (isSame(made, ended)) return;
    throw new Nonconformance(`the disk was full as it wrote ${name}: it returns a half result`);
  }
  if (ended.error.family !== "worker")
    throw new Nonconformance(
      `the disk was full as it wrote ${name}: expected the machine's error to be let through, got ${describeError(ended.error)}`,
    );
}

async function killChild(subject: Subject, sample: Sample, place: number): Promise<void> {
  const { made } = await subject.reference(sample);
  let seen = -1;
  const observe = (event: AttemptEvent) => {
    if (event.type !== "spawned") return;
    seen += 1;
    if (seen === place) killGroup(event.pid);
  };
  const ended = await subject.run(sample, { observe });
  const what = `its program ${place + 1} was killed`;
  if (ended.status === "failed") {
    if (!ended.error.permanent) return;
    throw new Nonconformance(`${what}: it blames the input: ${describeError(ended.error)}`);
  }
  if (!isSame(made, ended)) throw new Nonconformance(`${what}: it returns a half result`);
}
