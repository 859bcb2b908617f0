import { fileUrl, inputArgs, type RunFfmpegOptions, runFfmpeg } from "@segue/audio";
import { createSpanPeakMeter, type PeakSpan } from "@segue/dsp";

const sampleBytes = 4;
const everything: PeakSpan = { from: 0, to: Number.POSITIVE_INFINITY };

/**
 * The true peak of encoded audio as a decoder gives it in floating point, from an m4a or bare frames; 1 is full scale. 0.3 s of CPU
 * for four minutes.
 *
 * @param spans of what is decoded, in samples per channel: those that count.
 */
export async function measureTruePeak(
  path: string,
  channels: number,
  options: RunFfmpegOptions,
  spans: readonly PeakSpan[] = [everything],
): Promise<number> {
  const meters = spans.map((span) => createSpanPeakMeter(channels, span));
  const frameBytes = channels * sampleBytes;
  let rest: Buffer = Buffer.alloc(0);
  const onStdout = (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % frameBytes);
    rest = Buffer.from(bytes.subarray(whole));
    // A buffer of its own: chunks begin anywhere in a shared one.
    const block = new Float32Array(Uint8Array.from(bytes.subarray(0, whole)).buffer);
    for (const meter of meters) meter.take(block);
  };
  const map = ["-map", "0:a:0", "-c:a", "pcm_f32le", "-ac", String(channels), "-f", "f32le", "pipe:1"];
  await runFfmpeg([...inputArgs, "-i", fileUrl(path), ...map], { ...options, onStdout });
  return Math.max(...meters.map((meter) => meter.flush()));
}
