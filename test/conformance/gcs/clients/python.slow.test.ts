// What research teams write: Google's Python client, with the service account file that a fleet hands out.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { findPython, isMissing } from "../../../support/find-clients.ts";
import { listSteps, runClient } from "../../../support/run-client.ts";
import { startServerUnderTest } from "../gcs-under-test.ts";

const python = findPython("google.cloud.storage");
const script = fileURLToPath(new URL("python_client.py", import.meta.url));

test.skipIf(isMissing(python, "Google's Python client for Cloud Storage"))(
  "Google's Python client does what it does over Cloud Storage",
  async () => {
    if ("missing" in python) return;
    await using under = await startServerUnderTest();
    await under.bucket.delete();
    const output = await runClient(python.program, [script, under.server.url], {
      GOOGLE_APPLICATION_CREDENTIALS: under.server.credentialsPath,
    });
    expect(listSteps(output)).toEqual([
      "token_from_the_service_account_file",
      "uploads_and_downloads",
      "multipart_upload_in_chunks",
      "update_and_patch",
      "batch",
      "lists",
      "copies",
      "signed_urls",
      "conditions",
      "refusals",
      "delete",
    ]);
  },
);
