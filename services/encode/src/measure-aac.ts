import { fileUrl, inputArgs, type RunFfmpegOptions, runFfmpeg } from "@segue/audio";
import { createPeakMeter } from "@segue/dsp";

const sampleBytes = 4;
const mostFrames = 8_192;

/** Samples per channel of what is decoded: those that count. */
export interface AacSpan {
  readonly from: number;
  /** Excluded. */
  readonly to: number;
}

/**
 * The true peak of encoded audio as a decoder gives it in floating point, from an m4a or bare frames; 1 is full scale. 0.3 s of CPU
 * for four minutes.
 */
export async function measureTruePeak(
  path: string,
  channels: number,
  options: RunFfmpegOptions,
  span: AacSpan = { from: 0, to: Number.POSITIVE_INFINITY },
): Promise<number> {
  const meter = createPeakMeter(channels, mostFrames);
  const frameBytes = channels * sampleBytes;
  let rest: Buffer = Buffer.alloc(0);
  let frame = 0;
  const onStdout = (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames = Math.floor(bytes.length / frameBytes);
    rest = Buffer.from(bytes.subarray(frames * frameBytes));
    const [from, to] = [span.from - frame, span.to - frame].map((at) => Math.max(0, Math.min(frames, at)));
    frame += frames;
    // A buffer of its own: chunks begin anywhere in a shared one.
    const counted = Uint8Array.from(bytes.subarray((from ?? 0) * frameBytes, (to ?? 0) * frameBytes));
    meter.take(new Float32Array(counted.buffer));
  };
  const map = ["-map", "0:a:0", "-c:a", "pcm_f32le", "-ac", String(channels), "-f", "f32le", "pipe:1"];
  await runFfmpeg([...inputArgs, "-i", fileUrl(path), ...map], { ...options, onStdout });
  return meter.flush();
}

/** To hundredths; null for digital silence. */
export function toDbtp(truePeak: number): number | null {
  return truePeak === 0 ? null : Math.round(2000 * Math.log10(truePeak)) / 100 + 0;
}
