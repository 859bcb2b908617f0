export { composeTrack, type TrackRequest } from "./compose-track.ts";
export { composeDemo, type DemoTrack, demoTrack } from "./demo-track.ts";
export type { Style } from "./drum-patterns.ts";
export { type BitDepth, encodeWav, type WavRequest } from "./encode-wav.ts";
export { filterInPlace, mixInto, normalisePeak } from "./filter.ts";
export { createRandom, type Random } from "./random.ts";
export { type RenderedTrack, type RenderOptions, renderScore } from "./render-score.ts";
export {
  drumMidi,
  type InstrumentName,
  instrumentNames,
  type Note,
  type Part,
  type Score,
  type Section,
} from "./score.ts";
export { bandNoise, clickTrack, pinkNoise, type SignalLength, silence, sine, whiteNoise } from "./signals.ts";
export { syntheticSpeech } from "./synthetic-speech.ts";
export { chordOn, degreeToMidi, type Mode, midiToHz, type PitchClass, pitchClasses } from "./theory.ts";
