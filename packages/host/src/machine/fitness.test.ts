import { StepError } from "@segue/contracts";
import { expect, onTestFinished, test } from "vitest";
import { createPausingSubscriber } from "../subscribers/pausing-subscriber.ts";
import { createFitness } from "./fitness.ts";
import { probeMachine } from "./probe-machine.ts";

const full = () => new StepError("worker-unfit", "ENOSPC: no space left on device, write");

/** A machine that is well when the test says so; each probe waits for the test's word. */
function testMachine() {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const asked: ((ails?: string) => void)[] = [];
  const lines: string[] = [];
  const note = (_fields: object, line: string) => void lines.push(line);
  const fitness = createFitness({
    log: { warn: note, info: note },
    signal: stop.signal,
    pausesMs: [0],
    probe: () =>
      new Promise<void>((resolve, reject) =>
        asked.push((ails) => (ails === undefined ? resolve() : reject(new Error(ails)))),
      ),
  });
  const answer = async (ails?: string) => {
    await expect.poll(() => asked.length).toBe(1);
    asked.splice(0)[0]?.(ails);
  };
  return { fitness, lines, answer, asked };
}

test("what is not the machine's fault changes nothing", async () => {
  const { fitness, asked } = testMachine();
  for (const code of ["step-failed", "aborted", "worker-outdated", "storage-unavailable"] as const)
    expect(await fitness.note(new StepError(code, "no"))).toBe(false);
  expect(fitness.trouble()).toBeUndefined();
  expect((await fitness.untilWell(new AbortController().signal))?.aborted).toBe(false);
  expect(asked).toEqual([]);
});

test("an unwell machine says what ails it, until a probe works, and says when that is", async () => {
  const { fitness, lines, answer } = testMachine();
  const before = await fitness.untilWell(new AbortController().signal);
  const isSuspect = fitness.note(full());
  // Of attempts that fail while the machine is not well, none is to blame.
  expect(await fitness.note(full())).toBe(false);
  expect(before?.aborted).toBe(true);
  expect(fitness.trouble()).toContain("ENOSPC");
  let isWell = false;
  const well = fitness.untilWell(new AbortController().signal).then((signal) => {
    isWell = true;
    return signal;
  });
  await answer("EROFS: read-only file system");
  await answer("EROFS: read-only file system");
  await expect.poll(() => fitness.trouble()).toContain("EROFS");
  expect(isWell).toBe(false);
  await answer();
  expect((await well)?.aborted).toBe(false);
  expect(fitness.trouble()).toBeUndefined();
  expect(await isSuspect).toBe(false);
  // The same again and again is said once.
  expect(lines).toEqual([
    expect.stringContaining("takes no more work"),
    "the machine is still not well",
    expect.stringContaining("well again"),
  ]);
});

test("an attempt after which the machine is well at once may have been what ailed it", async () => {
  const { fitness, answer } = testMachine();
  const isSuspect = fitness.note(full());
  await answer();
  expect(await isSuspect).toBe(true);
  expect(fitness.trouble()).toBeUndefined();
});

test("a machine whose probes work and whose attempts don't is tried less and less often", async () => {
  const pauses: unknown[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const fitness = createFitness({
    log: { warn: (fields) => void pauses.push(Reflect.get(fields, "pauseMs")), info() {} },
    signal: stop.signal,
    pausesMs: [1, 2, 3],
    probe: async () => {},
  });
  const failOnce = async () => {
    const isSuspect = await fitness.note(full());
    await fitness.untilWell(stop.signal);
    return isSuspect;
  };
  const suspects: boolean[] = [];
  for (let relapse = 0; relapse < 4; relapse++) suspects.push(await failOnce());
  expect(pauses).toEqual([1, 2, 3, 3]);
  // Where nothing has worked since, the work is no more to blame than the machine.
  expect(suspects).toEqual([true, false, false, false]);
  // Others did their work in between: it was that one file.
  fitness.worked();
  expect(await failOnce()).toBe(true);
  expect(pauses.at(-1)).toBe(1);
});

test("a subscriber is closed while the machine is not well, and opened again after", async () => {
  const { fitness, answer } = testMachine();
  const events: string[] = [];
  const subscriber = createPausingSubscriber(fitness, () => {
    events.push("open");
    return { trouble: () => undefined, drain: async () => void events.push("closed") };
  });
  await expect.poll(() => events).toEqual(["open"]);
  void fitness.note(full());
  await expect.poll(() => events).toEqual(["open", "closed"]);
  await answer("still full");
  expect(events).toEqual(["open", "closed"]);
  await answer();
  await expect.poll(() => events).toEqual(["open", "closed", "open"]);
  // A drain does not wait for the machine.
  void fitness.note(full());
  await expect.poll(() => events).toHaveLength(4);
  await subscriber.drain();
  expect(events).toEqual(["open", "closed", "open", "closed"]);
});

test("the probe does what attempts need, and says what it could not do", async () => {
  const { mkdtemp, readdir, rm, writeFile } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const dir = await mkdtemp(join(tmpdir(), "segue-probe-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await probeMachine(join(dir, "tidied-away"));
  expect(await readdir(join(dir, "tidied-away"))).toEqual([]);
  await writeFile(join(dir, "no-folder"), "");
  await expect(probeMachine(join(dir, "no-folder"))).rejects.toThrow(/EEXIST|ENOTDIR/);
});
