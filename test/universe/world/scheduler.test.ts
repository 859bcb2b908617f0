import { expect, test } from "vitest";
import { Owner } from "./owner.ts";
import { Random } from "./random.ts";
import { Scheduler } from "./scheduler.ts";

test("events come in the order of their times, and those of one time as they were planned", async () => {
  const scheduler = new Scheduler(1);
  const seen: string[] = [];
  const plan = (delayMs: number, name: string) =>
    scheduler.plan(scheduler.outside, delayMs, name, () => void seen.push(`${name} at ${scheduler.nowMs}`));
  plan(20, "b");
  plan(10, "a");
  plan(20, "c");
  plan(500, "too late");
  await scheduler.run(100);
  expect(seen).toEqual(["a at 10", "b at 20", "c at 20"]);
  expect(scheduler.nowMs).toBe(100);
});

test("all promises of an event come to rest before the next one", async () => {
  const scheduler = new Scheduler(1);
  const seen: string[] = [];
  scheduler.plan(scheduler.outside, 1, "first", () => {
    void (async () => {
      for (let index = 0; index < 50; index++) await Promise.resolve();
      seen.push("first is done");
    })();
  });
  scheduler.plan(scheduler.outside, 1, "second", () => void seen.push("second begins"));
  await scheduler.run(10);
  expect(seen).toEqual(["first is done", "second begins"]);
});

test("what is dead gets nothing any more, nor do its threads", async () => {
  const scheduler = new Scheduler(1);
  const process = new Owner("p", new Random("p"));
  const thread = new Owner("p.t", new Random("t"), process);
  const seen: string[] = [];
  scheduler.plan(process, 10, "own", () => void seen.push("own"));
  scheduler.plan(thread, 10, "thread", () => void seen.push("thread"));
  scheduler.plan(scheduler.outside, 5, "kill", () => process.die());
  await scheduler.run(100);
  expect(seen).toEqual([]);
});

test("what stands still gets all of it later, in its order", async () => {
  const scheduler = new Scheduler(1);
  const process = new Owner("p", new Random("p"));
  const seen: string[] = [];
  process.frozenUntilMs = 50;
  for (const atMs of [10, 20, 60])
    scheduler.plan(process, atMs, "", () => void seen.push(`${atMs} at ${scheduler.nowMs}`));
  await scheduler.run(100);
  expect(seen).toEqual(["10 at 50", "20 at 50", "60 at 60"]);
});

test("the same events give the same trace, and one other event another", async () => {
  const digestOf = async (label: string) => {
    const scheduler = new Scheduler(7);
    scheduler.plan(scheduler.outside, scheduler.random.between(1, 2), label, () => {});
    await scheduler.run(10);
    return scheduler.trace.digest();
  };
  expect(await digestOf("a")).toBe(await digestOf("a"));
  expect(await digestOf("a")).not.toBe(await digestOf("b"));
});
