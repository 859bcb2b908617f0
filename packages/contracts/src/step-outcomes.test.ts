import { expect, test } from "vitest";
import { StepOutcome } from "./messages.ts";
import { readKnown } from "./read-known.ts";
import { bundleOutcomes, maxBundled, StepOutcomes } from "./step-outcomes.ts";

const at = "2026-01-01T00:00:00.000Z";
const address = "a".repeat(64);

function outcome(step: string, textBytes = 0, track = 1) {
  const trackId = `01900000-0000-7000-8000-${String(track).padStart(12, "0")}`;
  const attempt = { worker: "w", startedAt: at, finishedAt: at, durationMs: 1, cpuMs: 1, deliveryAttempt: 1 };
  return StepOutcome.parse({
    ...{
      v: 1,
      type: "StepOutcome",
      requestId: trackId,
      trackId,
      master: address,
      step,
      version: 1,
      kind: step,
      address,
    },
    ...{
      how: "computed",
      outcome: { status: "succeeded", facts: "x".repeat(textBytes), payload: null },
      attempt,
      at,
    },
  });
}

/** All of it again, one by one. */
const opened = (messages: readonly object[]) =>
  messages.flatMap((message) => StepOutcomes.safeParse(message).data?.outcomes ?? [message]);

test("the outcomes of a track go in one message, in their order, each as it would be said alone", () => {
  const outcomes = ["decode", "tempo", "key"].map((step) => outcome(step));
  const messages = bundleOutcomes(outcomes);
  expect(messages).toEqual([{ v: 1, type: "StepOutcomes", trackId: outcomes[0]?.trackId, outcomes }]);
  expect(readKnown(StepOutcomes, messages[0]).outcomes).toEqual(outcomes);
});

test("one alone goes as it always did, and none say nothing", () => {
  expect(bundleOutcomes([outcome("decode")])).toEqual([outcome("decode")]);
  expect(bundleOutcomes([])).toEqual([]);
});

test("what is too much for a message is split, and nothing is lost or out of order", () => {
  const third = Math.ceil(maxBundled.bytes / 3);
  const large = [...Array(7).keys()].map((n) => outcome(`s${n}`, third));
  const whole = outcome("whole", maxBundled.bytes);
  const small = [...Array(maxBundled.outcomes + 2).keys()].map((n) => outcome(`t${n}`));
  const other = outcome("decode", 0, 2);
  const all = [...large, whole, ...small, other];
  const messages = bundleOutcomes(all);
  expect(opened(messages)).toEqual(all);
  expect(messages.length).toBeLessThan(9);
  for (const message of messages) {
    if (message.type !== "StepOutcomes") continue;
    expect(message.outcomes.length).toBeLessThanOrEqual(maxBundled.outcomes);
    expect(Buffer.byteLength(JSON.stringify(message.outcomes))).toBeLessThan(maxBundled.bytes + 1_000);
    for (const each of message.outcomes) expect(each).toMatchObject({ trackId: message.trackId });
  }
  expect(messages).toContainEqual(whole);
});

test("how many there may be is looked at before each of them is", () => {
  const [bundle] = bundleOutcomes([outcome("decode"), outcome("tempo")]);
  const many = { ...bundle, outcomes: Array(1_000_000).fill({}) };
  expect(StepOutcomes.safeParse(many).error?.issues).toHaveLength(1);
});
