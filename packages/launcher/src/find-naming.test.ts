import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGcsServer } from "@segue/local-cloud";
import { createObjectStore, type ObjectStore } from "@segue/store";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findNaming, possibleNamings } from "./find-naming.ts";

let dir: string;
let gcs: Awaited<ReturnType<typeof startGcsServer>>;
let store: ObjectStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-naming-"));
  gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: dir });
  store = createObjectStore({ projectId: "studio", apiEndpoint: gcs.url });
});
afterEach(async () => {
  await gcs.close();
  await rm(dir, { recursive: true, force: true });
});

const make = (name: string) => store.ensureBucket({ name, softDeleteRetentionSec: 0 });
const found = async (given: Record<string, string> = {}) =>
  (await findNaming(store, possibleNamings(given, "studio", "segue"))).bucketPrefix;

test("a new storage names buckets for the project, and goes on so", async () => {
  expect(await found()).toBe("studio-segue");
  await make("studio-segue-records");
  expect(await found()).toBe("studio-segue");
});

test("storage from before, where names left the project out, is gone on with", async () => {
  await make("segue-records");
  expect(await found()).toBe("segue");
  // Of both, those of the project are in use.
  await make("studio-segue-records");
  expect(await found()).toBe("studio-segue");
});

test("in a storage that was given, what is found decides nothing; a name that was given holds", async () => {
  await make("segue-records");
  expect(await found({ SEGUE_GCS_ENDPOINT: gcs.url })).toBe("studio-segue");
  expect(await found({ SEGUE_BUCKET_PREFIX: "mine" })).toBe("mine");
});
