// Small files that unfold to days of sound, or to more memory than a machine has.
import { crc32, deflateSync } from "node:zlib";
import { sine } from "@segue/audio/testing";
import { latin1, uint32BE } from "./bytes.ts";
import { silentFlac } from "./flac-bytes.ts";
import { doneSomehow, failed, filesOf, type HostileFile } from "./hostile-file.ts";
import { id3, pictureFrame } from "./id3-bytes.ts";
import { repeatFirstPacket } from "./mp4-bytes.ts";
import type { Studio } from "./studio.ts";
import { wavOf } from "./wav-bytes.ts";

export function bombs(studio: Studio): HostileFile[] {
  const tooLong = failed("too-long");
  const silentTone = (extension: string, ...args: string[]) =>
    studio.make(extension, "-f", "lavfi", "-i", "aevalsrc=0|0:s=44100:d=60", ...args);
  return filesOf([
    [
      "WavPack: 33 hours of silence",
      async () => Buffer.concat(Array<Buffer>(2_000).fill(await silentTone("wv"))),
      tooLong,
    ],
    ["FLAC: 100 hours of silence", () => silentFlac({ frames: 242_000, sampleRateHz: 44_100 }), tooLong],
    [
      "FLAC: a year at 1 Hz",
      () => silentFlac({ frames: 481, sampleRateHz: 1 }),
      tooLong,
      failed("no-samples-decoded"),
      failed("unsupported-codec"),
    ],
    [
      "ALAC: 100 hours of one packet",
      async () =>
        repeatFirstPacket(
          await studio.make("m4a", ...sine({ sec: 1, sampleRateHz: 8_000 }), "-c:a", "alac"),
          703_125,
        ),
      tooLong,
    ],
    [
      "AAC: 50 hours of one packet",
      async () => repeatFirstPacket(await studio.tone("m4a", "-c:a", "aac"), 7_750_000 / 4),
      tooLong,
    ],
    [
      "WAV: 5 days at 1 Hz",
      () => wavOf(Buffer.alloc(432_000, 0x80), { sampleRateHz: 1, bits: 8 }),
      tooLong,
      failed("no-samples-decoded"),
      failed("unsupported-codec"),
    ],
    ["a PNG cover of 400 megapixels", async () => withCover(studio, pngOf(20_000, 20_000)), doneSomehow],
    ["a PNG cover of 4 gigapixels", async () => withCover(studio, pngOf(65_500, 65_500, 1_000)), doneSomehow],
    [
      "a JPEG cover that says 65500 x 65500",
      async () => {
        const jpeg = await studio.make("jpg", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1");
        jpeg.writeUInt32BE(0xffdcffdc, jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 5);
        return withCover(studio, jpeg);
      },
      doneSomehow,
    ],
  ]);
}

async function withCover(studio: Studio, picture: Uint8Array): Promise<Buffer> {
  const mimeType = picture[0] === 0x89 ? "image/png" : "image/jpeg";
  return Buffer.concat([
    id3([pictureFrame(mimeType, picture)]),
    await studio.tone("mp3", "-id3v2_version", "0"),
  ]);
}

/** A black PNG of 8-bit grey, or its first rows. */
function pngOf(width: number, height: number, rows = height): Buffer {
  const part = (kind: string, content: Uint8Array) => {
    const named = Buffer.concat([latin1(kind), content]);
    return Buffer.concat([uint32BE(content.length), named, uint32BE(crc32(named))]);
  };
  const header = Buffer.concat([uint32BE(width), uint32BE(height), Buffer.from([8, 0, 0, 0, 0])]);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    part("IHDR", header),
    part("IDAT", deflateSync(Buffer.alloc((width + 1) * rows))),
    part("IEND", Buffer.alloc(0)),
  ]);
}
