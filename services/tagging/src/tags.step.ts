import { join } from "node:path";
import { Mono16k, Tags } from "@segue/contracts";
import { defineStep } from "@segue/step";
import { defaultModelDirectory } from "./default-model.ts";
import { readManifest } from "./read-manifest.ts";

const { name, version, files, labels, input, embedding } = readManifest(defaultModelDirectory);

/** What a track sounds like, in the model's words. Silence gives no tags, with the reason. */
export const tags = defineStep({
  name: "tags",
  version: 3,
  // With the weights' digest, all that the result depends on: thresholds and input are part of the address.
  params: { labels, input, ...(embedding && { embedding }) },
  model: { name, version, digest: files["weights.bin"] },
  weightsFile: join(defaultModelDirectory, "weights.bin"),
  consumes: { mono16k: Mono16k },
  produces: Tags,
  budget: { timeMs: 10_000, memoryMiB: 384 },
  // 17 minutes. Of longer tracks, 240 stretches of 3 s are fetched: 23 MB, whatever their length.
  fetchWholeUpToBytes: 32 * 2 ** 20,

  async setup() {
    const [{ loadModel }, { openWavSamples, samplesInRanges }, { tagTrack }, { TagProgress }] =
      await Promise.all([
        import("./load-model.ts"),
        import("./wav-samples.ts"),
        import("./tag-track.ts"),
        import("./describe-track.ts"),
      ]);
    const model = await loadModel(defaultModelDirectory);
    return { model, openWavSamples, samplesInRanges, tagTrack, TagProgress };
  },

  async *run({ mono16k }, work, { log, signal, resumed }) {
    const file = mono16k.path === "" ? null : await work.openWavSamples(mono16k.path);
    try {
      const samples = file ?? work.samplesInRanges(mono16k);
      const pieces = work.tagTrack(
        samples,
        work.model,
        resumed ? work.TagProgress.parse(resumed.state) : undefined,
        signal,
      );
      let piece = await pieces.next();
      for (; !piece.done; piece = await pieces.next()) yield { state: piece.value };
      const result = piece.value;
      log.info({ tags: result.tags.length, patches: result.patches, reason: result.reason }, "tagged");
      return result;
    } finally {
      await file?.[Symbol.asyncDispose]();
    }
  },
});
