import { expect, test } from "vitest";
import { PermanentError, StepError } from "./errors.ts";

test("anything that was thrown becomes a step error with the original as its cause", () => {
  expect(StepError.from(5242880)).toMatchObject({
    code: "step-failed",
    message: "WebAssembly code threw the number 5242880",
    cause: 5242880,
  });
  expect(StepError.from(undefined).message).toBe("threw undefined");
  const plain = new RangeError("out of range");
  expect(StepError.from(plain)).toMatchObject({ code: "step-failed", message: "out of range", cause: plain });
});

test("an error that crossed a thread keeps its code, and so its family", () => {
  const crossed = Object.assign(new Error("not audio"), { code: "not-audio" });
  expect(StepError.from(crossed)).toMatchObject({ code: "not-audio", permanent: true });
  const foreign = Object.assign(new Error("gone"), { code: "ENOENT" });
  expect(StepError.from(foreign)).toMatchObject({ code: "step-failed", permanent: false });
});

test("a permanent error is permanent", () => {
  expect(new PermanentError("empty-file", "0 bytes").permanent).toBe(true);
});
