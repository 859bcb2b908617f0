import { expect, test } from "vitest";
import { minimalEnvironment } from "./minimal-environment.ts";

test("what a program needs is passed on, and nothing else, whatever it is called", () => {
  const needed = { PATH: "/usr/bin", LC_ALL: "C.UTF-8", TMPDIR: "/tmp", Path: "C:\\Windows" };
  const secret = {
    GOOGLE_APPLICATION_CREDENTIALS: "/key.json",
    DATABASE_URL: "postgres://segue:secret@db",
    SEGUE_SCRATCH_BUCKET: "scratch",
    AWS_SECRET_ACCESS_KEY: "secret",
    NODE_OPTIONS: "--inspect",
    HOME: "/home/worker",
    A_NEW_ONE: "unknown",
  };
  expect(minimalEnvironment({ ...needed, ...secret, LANG: undefined })).toEqual(needed);
});
