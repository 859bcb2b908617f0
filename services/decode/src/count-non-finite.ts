import { type AudioStream, fileUrl, inputArgs, runFfmpeg } from "@segue/audio";
import type { DecodeOptions } from "./decode-master.ts";

/** Only float PCM can carry NaN and infinity into a file; every other codec's decoder makes finite samples. */
export function mayBeNonFinite({ codec, bitDepth }: AudioStream): boolean {
  return /^pcm_f\d/.test(codec) || (codec === "wavpack" && bitDepth === 32);
}

const exponent = 0x7f800000;

/** How many samples of the first audio stream are NaN or infinite. Decodes it once more, and keeps nothing. */
export async function countNonFinite(masterPath: string, options: DecodeOptions): Promise<number> {
  let count = 0;
  let rest = Buffer.alloc(0);
  const onStdout = (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const usable = bytes.length - (bytes.length % 4);
    for (let at = 0; at < usable; at += 4) {
      if ((bytes.readUInt32LE(at) & exponent) === exponent) count += 1;
    }
    rest = Buffer.from(bytes.subarray(usable));
  };
  const map = [
    "-map",
    "0:a:0",
    "-vn",
    "-sn",
    "-dn",
    "-map_metadata",
    "-1",
    "-t",
    String(options.maxDurationSec + 1),
  ];
  const sink = ["-c:a", "pcm_f32le", "-threads", "1", "-f", "f32le", "pipe:1"];
  await runFfmpeg([...inputArgs, "-i", fileUrl(masterPath), ...map, ...sink], { ...options, onStdout });
  return count;
}
