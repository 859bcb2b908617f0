import { expect, test } from "vitest";
import { parseAttempts } from "./read-attempts.ts";

const line = (fields: object) => JSON.stringify({ level: "debug", service: "encode", ...fields });

test("counts attempts and failures by step, and passes over what is neither", () => {
  const log = [
    line({ step: "encode", message: "attempt ended", heldMs: 5_100 }),
    line({ step: "encode", message: "delivery ended", ending: "handed-on", durationMs: 9_000 }),
    "(node:1) Warning: not JSON",
    line({ step: "encode", message: "attempt failed; will be retried", code: "starved" }),
    line({ step: "tags", message: "attempt ended", heldMs: 700 }),
    line({ message: "service started" }),
    "",
  ].join("\n");
  expect(Object.fromEntries(parseAttempts(log))).toEqual({
    encode: { heldMs: [5_100], failures: ["starved: attempt failed; will be retried"] },
    tags: { heldMs: [700], failures: [] },
  });
});
