import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BucketRole, Names } from "@segue/chain";
import { startGcsServer } from "@segue/local-cloud";
import { createObjectStore, type ObjectStore } from "@segue/store";

export interface TestStorage extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly url: string;
  /** A directory of the test's own, which goes with it. */
  readonly dir: string;
}

/** Storage of a test's own, with some of a fleet's buckets. */
export async function startTestStorage(names: Names, roles: readonly BucketRole[]): Promise<TestStorage> {
  const dir = await mkdtemp(join(tmpdir(), "segue-storage-"));
  const gcs = await startGcsServer({ host: "127.0.0.1", port: 0, dataDir: join(dir, "gcs") });
  const store = createObjectStore({ projectId: "test", apiEndpoint: gcs.url });
  for (const role of roles) await store.ensureBucket({ name: names.bucket(role), softDeleteRetentionSec: 0 });
  return {
    store,
    url: gcs.url,
    dir,
    async [Symbol.asyncDispose]() {
      await gcs.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
