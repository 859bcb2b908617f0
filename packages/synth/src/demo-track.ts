import { composeTrack } from "./compose-track.ts";
import { encodeWav } from "./encode-wav.ts";
import { type RenderedTrack, renderScore } from "./render-score.ts";
import type { Score } from "./score.ts";

/** The piece that a first run analyses: 48 s, D major at 116 beats per minute, seven instruments. */
export function composeDemo(): Score {
  return composeTrack({
    seed: 2024,
    title: "Seven Small Machines",
    bpm: 116,
    key: "D",
    mode: "major",
    durationSec: 48,
    style: "pop",
    instruments: ["drums", "bass", "guitar", "piano", "strings", "flute", "choir"],
  });
}

export type DemoTrack = RenderedTrack & {
  title: string;
  /** The same audio as a 16-bit stereo WAV file. */
  wav: Buffer;
};

/** The demo, rendered: the same bytes every time. */
export function demoTrack(): DemoTrack {
  const score = composeDemo();
  const rendered = renderScore(score);
  const { left, right, sampleRateHz } = rendered;
  const wav = encodeWav({ channels: [left, right], sampleRateHz, bitDepth: 16 });
  return { ...rendered, title: score.title, wav };
}
