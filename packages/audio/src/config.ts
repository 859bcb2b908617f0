/** What the environment says about audio tools. */
export interface AudioConfig {
  /** `FFMPEG_BIN`: the ffmpeg to use, before any other. */
  readonly ffmpegBin: string | null;
}

export function readAudioConfig(env: NodeJS.ProcessEnv = process.env): AudioConfig {
  return Object.freeze({ ffmpegBin: env.FFMPEG_BIN?.trim() || null });
}
