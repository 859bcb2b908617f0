import { createTelemetry } from "@segue/telemetry";
import { expect, test, vi } from "vitest";
import { watchRights } from "./watch-rights.ts";

const { log } = createTelemetry({ service: "ingest", level: "silent" });
const paces = { wellMs: 5, missingMs: 5 };

test("what is not granted is said for as long as it is not; a database that is away changes nothing", async () => {
  let answer: readonly string[] | Error = ["api_keys: INSERT"];
  const readMissing = async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const rights = watchRights({ readMissing, log, paces });
  try {
    await rights.asked;
    expect(rights.trouble()).toMatch(/api_keys: INSERT.*docs\/database-access\.md/);
    answer = new Error("away");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(rights.trouble()).toContain("api_keys");
    answer = [];
    await vi.waitFor(() => expect(rights.trouble()).toBeUndefined());
    answer = new Error("away");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(rights.trouble()).toBeUndefined();
  } finally {
    rights.stop();
  }
});
