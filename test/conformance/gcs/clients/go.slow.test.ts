import { expect, test } from "vitest";
import { findGoProgram, isMissing } from "../../../support/find-clients.ts";
import { listSteps, runClient } from "../../../support/run-client.ts";
import { startServerUnderTest } from "../gcs-under-test.ts";

const program = findGoProgram(new URL("go-client/", import.meta.url), "gcs-client");

test.skipIf(isMissing(program, "Google's Go client for Cloud Storage"))(
  "Google's Go client does what it does over Cloud Storage",
  async () => {
    if ("missing" in program) return;
    await using under = await startServerUnderTest();
    const output = await runClient(program.program, [under.server.url]);
    expect(listSteps(output)).toEqual(["uploads", "lists", "copies", "refusals", "delete"]);
  },
);
