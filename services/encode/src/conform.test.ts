import { writePcm } from "@segue/audio/testing";
import { conformStep } from "@segue/conform";
import { pinkNoise, sine } from "@segue/synth";
import { encode } from "./encode.step.ts";
import { countSegments, type SegmentSizes } from "./plan-segments.ts";

const of = { sampleRateHz: 44_100 };

/** 0.3 s, in place of more than a minute. */
const sizes: SegmentSizes = { frames: 12, preroll: 8, postroll: 4 };

async function samples(folder: string) {
  // Cut off at full scale: what it codes to has to be lowered.
  const noise = pinkNoise({ durationSec: 0.5, seed: 4, amplitude: 4, ...of });
  const tone = sine({ frequencyHz: 440, durationSec: 0.25, amplitude: 0.5, ...of });
  const pcms = {
    noise: await writePcm(`${folder}/noise.wav`, [noise, noise.map((value) => value / 2)]),
    tone: await writePcm(`${folder}/tone.wav`, [tone]),
  };
  const given = (pcm: typeof pcms.noise) => ({
    pcm: { ...pcm, facts: { ...pcm.facts, tags: { title: "A title" } } },
    master: { path: pcm.path, facts: { sizeBytes: 0 } },
  });
  return { noise: given(pcms.noise), tone: given(pcms.tone) };
}

conformStep(encode, {
  module: new URL("./encode.step.ts", import.meta.url),
  samples,
  inSmallPieces: {
    ...encode,
    scatter: {
      count: ({ pcm }) => countSegments(pcm.facts.sampleCount, sizes),
      piece: (index, { pcm }, { encodeSegment }, context) => encodeSegment(index, { ...context, pcm, sizes }),
    },
  },
});
