import { expect, test } from "vitest";
import { defineError } from "./own-error.ts";
import { PermanentError, StepError } from "./step-error.ts";

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

const drmProtected = defineError({
  code: "drm-protected",
  meaning: "It is encrypted.",
  remedy: "Decrypt it.",
});

test("a step's own error says what it means wherever it goes", () => {
  const error = new PermanentError(drmProtected, "the sample entry is enca");
  const failure = { ...drmProtected, family: "permanent", message: "the sample entry is enca" };
  expect(error.toFailure()).toEqual(failure);
  expect(StepError.fromFailure(JSON.parse(JSON.stringify(failure))).toFailure()).toEqual(failure);
  // One that another copy of this package made.
  const foreign = Object.assign(new Error(failure.message), { ...drmProtected, family: "permanent" });
  expect(StepError.from(foreign).toFailure()).toEqual(failure);
});

test.each(["not-audio", "Drm", "drm_protected", "", "x".repeat(41)])(
  "%j is no code for an error of one's own",
  (code) => {
    expect(() => defineError({ code, meaning: "m", remedy: "r" })).toThrow(TypeError);
  },
);

const errno = (code: string, syscall: string) =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });

test.each(["ENOSPC", "EDQUOT", "EROFS", "EIO", "EMFILE", "ENFILE", "ENOMEM"])(
  "%s is the worker's fault, however deep it lies",
  (code) => {
    expect(StepError.from(errno(code, "write"))).toMatchObject({ code: "worker-unfit", family: "worker" });
    const wrapped = new Error("could not decode", {
      cause: new Error("copy", { cause: errno(code, "open") }),
    });
    expect(StepError.from(wrapped)).toMatchObject({ code: "worker-unfit", permanent: false });
  },
);

test("a child that can't be started is the worker's fault, unless what it is told is", () => {
  for (const code of ["EAGAIN", "EACCES", "ENOENT", "EPERM"])
    expect(StepError.from(errno(code, "spawn ffmpeg")).code).toBe("worker-unfit");
  expect(StepError.from(errno("E2BIG", "spawn ffmpeg")).code).toBe("step-failed");
  // Somebody's file is missing, not the machine's.
  expect(StepError.from(errno("ENOENT", "open")).code).toBe("step-failed");
});

test("an error that knows its code keeps it, whatever caused it", () => {
  const error = new PermanentError("not-audio", "no", { cause: errno("EIO", "read") });
  expect(StepError.from(error).code).toBe("not-audio");
});
