import { Mono16k, Tags } from "@segue/contracts";
import { defineStep } from "@segue/step";
import { defaultModelDirectory } from "./default-model.ts";
import { readManifest } from "./read-manifest.ts";

const { name, version, files, labels, input } = readManifest(defaultModelDirectory);

/** What a track sounds like, in the model's words. Silence gives no tags, with the reason. */
export const tags = defineStep({
  name: "tags",
  version: 1,
  // With the weights' digest, all that the result depends on: thresholds and input are part of the address.
  params: { labels, input },
  model: { name, version, digest: files["weights.bin"] },
  consumes: { mono16k: Mono16k },
  produces: Tags,
  budget: { timeMs: 10_000, memoryMiB: 384 },

  async setup() {
    const [{ loadModel }, { openWavSamples }, { tagTrack }] = await Promise.all([
      import("./load-model.ts"),
      import("./wav-samples.ts"),
      import("./tag-track.ts"),
    ]);
    return { model: await loadModel(defaultModelDirectory), openWavSamples, tagTrack };
  },

  async run({ mono16k }, { model, openWavSamples, tagTrack }, { log, signal }) {
    const samples = await openWavSamples(mono16k.path);
    try {
      const result = await tagTrack(samples, model, signal);
      log.info({ tags: result.tags.length, patches: result.patches, reason: result.reason }, "tagged");
      return result;
    } finally {
      await samples[Symbol.asyncDispose]();
    }
  },
});
