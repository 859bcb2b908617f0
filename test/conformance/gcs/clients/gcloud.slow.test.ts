import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findGcloud, isMissing } from "../../../support/find-clients.ts";
import { runClient } from "../../../support/run-client.ts";
import { startServerUnderTest } from "../gcs-under-test.ts";

const gcloud = findGcloud();

/** The command line against one server, with a configuration of its own, and nobody's credentials. */
function createCommand(program: string, url: string, folder: string) {
  const environment = {
    CLOUDSDK_CONFIG: join(folder, "config"),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${url}/storage/v1/`,
    CLOUDSDK_CORE_PROJECT: "segue-test",
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "true",
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "true",
    CLOUDSDK_AUTH_DISABLE_CREDENTIALS: "true",
    // The largest file is uploaded in parts, and composed.
    CLOUDSDK_STORAGE_PARALLEL_COMPOSITE_UPLOAD_THRESHOLD: "50M",
  };
  return (...args: string[]) => runClient(program, ["storage", ...args], environment);
}

test.skipIf(isMissing(gcloud, "gcloud storage"))(
  "gcloud storage copies up and down, moves, synchronises, describes and removes",
  async () => {
    if ("missing" in gcloud) return;
    await using under = await startServerUnderTest();
    const folder = await mkdtemp(join(tmpdir(), "segue-gcloud-"));
    try {
      const storage = createCommand(gcloud.program, under.server.url, folder);
      // Above 8 MiB uploads are resumable; without an MD5 to compare with, the command deletes what it uploaded.
      const files = {
        small: randomBytes(3_000),
        resumable: randomBytes(20_000_000),
        parts: randomBytes(60_000_000),
      };
      await mkdir(join(folder, "in"));
      for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, "in", name), bytes);
      await storage("buckets", "create", "gs://from-gcloud");
      await storage("rsync", "-r", join(folder, "in"), "gs://from-gcloud/dir");
      for (const [name, bytes] of Object.entries(files)) {
        await storage("cp", `gs://from-gcloud/dir/${name}`, join(folder, "out"));
        expect((await readFile(join(folder, "out"))).equals(bytes)).toBe(true);
      }
      expect(await storage("ls", "gs://from-gcloud/**")).toMatch(/parts\n.*resumable\n.*small/);
      await storage("mv", "gs://from-gcloud/dir/small", "gs://from-gcloud/moved");
      await storage("objects", "update", "gs://from-gcloud/moved", "--custom-metadata=a=b");
      expect(await storage("objects", "describe", "gs://from-gcloud/moved")).toContain("a: b");
      await expect(storage("buckets", "update", "gs://from-gcloud", "--versioning")).rejects.toThrow(
        "versioning.enabled is not built",
      );
      await storage("rm", "-r", "gs://from-gcloud");
      expect(await under.storage.bucket("from-gcloud").exists()).toEqual([false]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
