export { encodeWav, encodeWavHeader, wavHeaderBytes } from "./encode-wav.ts";
export { createHannSpectrum, type HannSpectrum, hannWindow } from "./hann-spectrum.ts";
export { createLoudnessMeter, hopsPerSec, type LoudnessMeter, type MeterState } from "./loudness-meter.ts";
export { mergePeaks } from "./merge-peaks.ts";
export { bytesOf, readDoubles, readFloats } from "./number-files.ts";
export { encodeEnergiesHead, energiesRange, parseEnergies } from "./pcm-energies.ts";
export { createPeakMeter, type PeakMeter, type PeakState } from "./peak-meter.ts";
export { fetchPieces, makePieces, type PieceCheckpoint, pieceNames, writeContents } from "./pieces.ts";
export { createPowerSpectrum, type PowerSpectrum } from "./power-spectrum.ts";
export {
  type BlockSpan,
  type FrameSpan,
  monoSamplesOf,
  type OpenSpan,
  openSpan,
  readBlocks,
  type SamplePayload,
  toFloats,
} from "./read-samples.ts";
export { readWavChunks, readWavInfo, readWavMono } from "./read-wav.ts";
export { analysisSampleRateHz, canonicalSampleRateHz } from "./sample-rates.ts";
export { createSpanPeakMeter, type PeakSpan, type SpanPeakMeter } from "./span-peak-meter.ts";
export type { WavInfo } from "./wav-header.ts";
