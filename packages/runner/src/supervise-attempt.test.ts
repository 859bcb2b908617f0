import { lateError, timeOut } from "@segue/step/attempt";
import { expect, test } from "vitest";
import { read } from "./fixtures/fleet.ts";

test("an attempt that waited long for others has starved; any other has had its time", () => {
  const { timeMs } = read.budget;
  expect(timeOut(read, timeMs * 0.29)).toMatchObject({ code: "time-budget-exceeded" });
  expect(timeOut(read, timeMs * 0.31)).toMatchObject({ code: "starved", permanent: false });
  expect(lateError("not set up within 60000 ms", 60_000, 50_000)).toMatchObject({
    code: "starved",
    message: expect.stringContaining("50000 ms of it it waited"),
  });
});
