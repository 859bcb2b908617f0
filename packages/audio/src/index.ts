export { announceFfmpeg } from "./announce-ffmpeg.ts";
export { type ChannelRoles, loudnessWeight, nameChannels } from "./channel-roles.ts";
export { type AudioConfig, readAudioConfig } from "./config.ts";
export { countWavPackFrames } from "./count-wavpack-frames.ts";
export { fileUrl, inputArgs, inputOf, readableDemuxers } from "./demuxers.ts";
export { FfmpegError, type FfmpegFailure } from "./ffmpeg-error.ts";
export { ffmpegFamily, ffmpegTools } from "./ffmpeg-tools.ts";
export {
  countedTime,
  gainFilter,
  holdChannels,
  monoFilter,
  resampleFilter,
  silenceNonFinite,
} from "./filters.ts";
export { chooseFfmpeg, type Ffmpeg, type FfmpegSource, findFfmpeg } from "./find-ffmpeg.ts";
export { countMp3Faults } from "./integrity/count-mp3-faults.ts";
export { findRepairs, findTagRepairs, writeRepaired } from "./integrity/find-repairs.ts";
export { type FlacSignature, readFlacSignature } from "./integrity/read-flac-signature.ts";
export type { AudioProbe, AudioStream } from "./parse-probe.ts";
export { type PcmLayout, type ReadBytes, readPcmLayout } from "./pcm-layout.ts";
export { isSystemFailure, probeAudio } from "./probe-audio.ts";
export { readWavShortfall } from "./read-wav-shortfall.ts";
export { openFfmpeg, runFfmpeg } from "./run-ffmpeg.ts";
export type { RunFfmpegOptions } from "./spawn-ffmpeg.ts";
export type { FfmpegLimits, FfmpegRun, RunningFfmpeg } from "./start-ffmpeg.ts";
export { largestSum, mixInto, type StereoMix, stereoMixOf } from "./stereo-mix.ts";
export { type Cover, type ReadTags, readTags } from "./tags/read-tags.ts";
