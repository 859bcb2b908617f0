import { findFreePort } from "@segue/local-cloud/free-port";
import { createPubSub } from "@segue/queue";
import { expect, test } from "vitest";
import { sayCloudError } from "./say-cloud-error.ts";

test("what Google's client says of a queue that is gone is one line, without its earlier tries", async () => {
  const port = await findFreePort();
  const pubsub = createPubSub("test", { apiEndpoint: `127.0.0.1:${port}`, emulatorMode: true });
  const error = await pubsub
    .createTopic({ name: "t" }, { timeout: 1_000 })
    .catch((thrown: unknown) => thrown);
  await pubsub.close();
  expect(error).toBeInstanceOf(Error);
  const words = sayCloudError(error);
  expect(words).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
  expect(words).not.toMatch(/Previous errors|\n/);
  expect(words.length).toBeLessThan(400);
  const long = "14 UNAVAILABLE: no connection : Previous errors : [{message: 14 UNAVAILABLE,\n code: 14}]";
  expect(sayCloudError(new Error(long))).toBe("14 UNAVAILABLE: no connection");
});
