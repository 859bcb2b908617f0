import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultModelDirectory } from "./default-model.ts";
import { loadModel } from "./load-model.ts";
import { readManifest } from "./read-manifest.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "segue-model-"));
  await cp(defaultModelDirectory, directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Changes the copy's manifest. */
async function editManifest(edit: (manifest: Record<string, unknown>) => void): Promise<void> {
  const path = join(directory, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  edit(manifest);
  await writeFile(path, JSON.stringify(manifest));
}

describe("loadModel", () => {
  it("loads the model that ships, small enough to live in the repository", async () => {
    const model = await loadModel(directory);
    expect(model.manifest.labels.filter(({ threshold }) => threshold !== null).length).toBeGreaterThanOrEqual(
      5,
    );
    expect(model.layers.countParams()).toBeLessThan(500_000);
    expect((await readFile(join(directory, "weights.bin"))).length).toBeLessThan(2_000_000);
    model.dispose();
  });

  it.each(["weights.bin", "model.json"])(
    "refuses a %s that is not the one named by its digest",
    async (file) => {
      const path = join(directory, file);
      const bytes = await readFile(path);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      await writeFile(path, bytes);
      await expect(loadModel(directory)).rejects.toThrow(
        new RegExp(
          `${file} is not the file that its manifest names: expected sha256 [0-9a-f]{64}, got [0-9a-f]{64}`,
        ),
      );
    },
  );

  it("refuses a manifest whose labels do not fit the graph's output", async () => {
    const count = readManifest(directory).labels.length;
    await editManifest((manifest) => {
      manifest.labels = [{ tag: "drums", threshold: 0.5 }];
    });
    await expect(loadModel(directory)).rejects.toThrow(
      `expected input and outputs [[null,187,96],[null,1],[null,128]], got [[null,187,96],[null,${count}],[null,128]]`,
    );
  });

  it.each([
    ["of another size", { size: 64 }, ",[null,64]]"],
    ["that it is not said to have", undefined, "]"],
  ])("refuses an embedding %s", async (_what, embedding, ends) => {
    const count = readManifest(directory).labels.length;
    await editManifest((manifest) => {
      manifest.embedding = embedding;
    });
    const first = `[[null,187,96],[null,${count}]`;
    await expect(loadModel(directory)).rejects.toThrow(
      `expected input and outputs ${first}${ends}, got ${first},[null,128]]`,
    );
  });
});

describe("readManifest", () => {
  it("says what is wrong and where", async () => {
    await editManifest((manifest) => {
      manifest.labels = [{ tag: "drums", threshold: 2 }];
      delete manifest.licence;
    });
    expect(() => readManifest(directory)).toThrow(
      /manifest\.json is not a model manifest: .*labels\.0\.threshold.*licence/,
    );
  });
});
