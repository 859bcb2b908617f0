// A real worker, on storage that another edition has written.
import { editionFile, trackObjectName } from "@segue/contracts";
import { expect, test } from "vitest";
import { startWorkerCloud } from "./fixtures/worker-cloud.ts";

const trackId = "01890000-0000-7000-8000-000000000001";

test("a worker on the first edition's storage ends before it takes anything up, and says why", async () => {
  await using cloud = await startWorkerCloud();
  const track = { bucket: cloud.names.bucket("records"), name: trackObjectName(trackId) };
  const body = Buffer.from(JSON.stringify({ v: 1, type: "TrackAccepted", trackId, wants: ["read"] }));
  await cloud.store.writeObject({ ...track, body, createOnly: true });
  await cloud.submit(2, "must not be read");
  const worker = await cloud.startWorker("reader");
  const { code } = await worker.exited;
  expect(code).toBe(3);
  expect(worker.log()).toMatch(
    /^segue: bucket test-test-records holds data of an earlier edition.+\(1, not 2\)/,
  );
  expect(cloud.outcomes).toEqual([]);
});

test("a worker makes storage that is nobody's its edition's", async () => {
  await using cloud = await startWorkerCloud();
  await cloud.startWorker("reader");
  const mark = { bucket: cloud.names.bucket("records"), name: editionFile };
  expect(await cloud.store.readJson(mark)).toEqual({ edition: 2 });
});
