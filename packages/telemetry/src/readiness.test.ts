import { expect, onTestFinished, test } from "vitest";
import { watchReadiness } from "./readiness.ts";

/** A dependency that answers when, and as, the test says. */
function watchTested() {
  const lines: string[] = [];
  const keep = (_fields: object, line: string) => {
    lines.push(line);
  };
  const asked: ((ails?: string) => void)[] = [];
  const readiness = watchReadiness({
    dependencies: [
      {
        name: "queue",
        check: () =>
          new Promise<void>((resolve, reject) =>
            asked.push((ails) => (ails === undefined ? resolve() : reject(new Error(ails)))),
          ),
      },
    ],
    log: { warn: keep, info: keep } as Parameters<typeof watchReadiness>[0]["log"],
    pace: { wellMs: 0, awayMs: 0, answerMs: 600_000 },
  });
  onTestFinished(() => readiness.stop());
  /** Resolves when the next check has begun: by then the answer has been noted. */
  const answer = async (ails?: string) => {
    await expect.poll(() => asked.length).toBe(1);
    asked.splice(0)[0]?.(ails);
    await expect.poll(() => asked.length).toBe(1);
  };
  return { readiness, answer, lines };
}

test("what has not answered yet is not ready, and says so; the first answer decides", async () => {
  const { readiness, answer, lines } = watchTested();
  expect(readiness.reasons()).toEqual([{ what: "queue", why: "it has not answered yet" }]);
  await answer();
  expect(readiness.reasons()).toEqual([]);
  expect(lines).toEqual([]);
});

test("what is away at the beginning is told of at once", async () => {
  const { readiness, answer, lines } = watchTested();
  await answer("ECONNREFUSED");
  expect(readiness.reasons()).toEqual([{ what: "queue", why: "ECONNREFUSED" }]);
  expect(lines).toEqual(["queue does not answer: not ready"]);
});

test("a failure or two change nothing; three in a row do; two answers in a row bring it back", async () => {
  const { readiness, answer, lines } = watchTested();
  for (const ails of [undefined, "slow", "slow", undefined, "slow", "slow"]) {
    await answer(ails);
    expect(readiness.reasons()).toEqual([]);
  }
  await answer("gone");
  expect(readiness.reasons()).toEqual([{ what: "queue", why: "gone" }]);
  for (const ails of [undefined, "still gone", undefined]) {
    await answer(ails);
    expect(readiness.reasons()).toHaveLength(1);
  }
  await answer();
  expect(readiness.reasons()).toEqual([]);
  expect(lines).toEqual(["queue does not answer: not ready", "queue answers again"]);
});

test("an answer that does not come is none", async () => {
  const silent = new Promise<never>(() => {});
  const readiness = watchReadiness({
    dependencies: [{ name: "storage", check: () => silent }],
    log: { warn() {}, info() {} } as Parameters<typeof watchReadiness>[0]["log"],
    pace: { wellMs: 0, awayMs: 0, answerMs: 1 },
  });
  onTestFinished(() => readiness.stop());
  await expect.poll(() => readiness.reasons()).toEqual([{ what: "storage", why: "no answer within 1 ms" }]);
});
