// A real worker, on storage that another edition has written.

import { setTimeout as sleep } from "node:timers/promises";
import { editionFile, trackObjectName } from "@segue/contracts";
import { expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

const trackId = "01890000-0000-7000-8000-000000000001";

/** What a worker says that has started, since storage took its time to tell; never, of one that ended before. */
async function sayWhyNotReady({ readiness }: Awaited<ReturnType<Cloud["startWorker"]>>): Promise<string> {
  for (;;) {
    const { body } = await readiness().catch(() => ({ body: "" }));
    if (body.includes("edition")) return body;
    await sleep(100, undefined, { ref: false });
  }
}
type Cloud = Awaited<ReturnType<typeof startWorkerCloud>>;

test("a worker on the first edition's storage takes nothing up, and says why: it ends, or drains where it heard of it late", async () => {
  await using cloud = await startWorkerCloud();
  const track = { bucket: cloud.names.bucket("records"), name: trackObjectName(trackId) };
  const body = Buffer.from(JSON.stringify({ v: 1, type: "TrackAccepted", trackId, wants: ["read"] }));
  await cloud.store.writeObject({ ...track, body, createOnly: true });
  await cloud.submit(2, "must not be read");
  const worker = await cloud.startWorker("reader");
  const ended = worker.exited.then(({ code }) => `${code} ${worker.log()}`);
  expect(await Promise.race([ended, sayWhyNotReady(worker)])).toMatch(
    /(^3 segue: |why":")bucket test-test-records holds data of an earlier edition.+\(1, not 2\)/,
  );
  expect(cloud.outcomes).toEqual([]);
});

test("a worker makes storage that is nobody's its edition's", async () => {
  await using cloud = await startWorkerCloud();
  await cloud.startWorker("reader");
  const mark = { bucket: cloud.names.bucket("records"), name: editionFile };
  expect(await cloud.store.readJson(mark)).toEqual({ edition: 2 });
});
