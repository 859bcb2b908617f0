// Headers that lie about the length of what follows, and names that lie about the format.
import { sine } from "@segue/audio/testing";
import { find, patched, uint32BE, uint32LE, utf8 } from "./bytes.ts";
import { silentFlac, streamInfo } from "./flac-bytes.ts";
import { doneSomehow, doneWith, failed, filesOf, type HostileFile } from "./hostile-file.ts";
import { boxOf } from "./mp4-bytes.ts";
import type { Studio } from "./studio.ts";
import { samples16, sine440, wavOf } from "./wav-bytes.ts";

const second = { sampleCount: 44_100 };

export function lyingHeaders(studio: Studio): HostileFile[] {
  const samples = samples16(1, sine440);
  const vbr = () =>
    studio.make(
      "mp3",
      ...["-f", "lavfi", "-i", "aevalsrc='if(lt(t,2),0,random(0)-0.5)':s=44100:d=6"],
      ...["-q:a", "0", "-write_xing", "0"],
    );
  const m4a = () => studio.tone("m4a", "-c:a", "aac");
  const flacOf = async (sampleCount: number) => {
    const bytes = await studio.make("flac", ...sine({ sec: 1 }), "-sample_fmt", "s16");
    return patched(bytes, 18, streamInfo({ sampleRateHz: 44_100, sampleCount }).subarray(18, 26));
  };
  return filesOf([
    [
      "WAV: data of 2 GB",
      () => wavOf(samples, { declaredDataBytes: 0x7fffffff }),
      doneWith(second, "truncated"),
    ],
    [
      "WAV: data of 0 bytes",
      () => wavOf(samples, { declaredDataBytes: 0 }),
      doneSomehow,
      failed("no-samples-decoded"),
    ],
    ["WAV: data of unknown size", () => wavOf(samples, { declaredDataBytes: 0xffffffff }), doneWith(second)],
    ["WAV: data of half its size", () => wavOf(samples, { declaredDataBytes: 44_100 }), doneSomehow],
    ["WAV: RIFF of 0 bytes", () => wavOf(samples, { declaredRiffBytes: 0 }), doneWith(second)],
    ["WAV: RIFF of 4 GB", () => wavOf(samples, { declaredRiffBytes: 0xffffffff }), doneWith(second)],
    ["FLAC: no number of samples", () => flacOf(0), doneWith(second)],
    ["FLAC: 18 days of samples", () => flacOf(2 ** 36 - 1), doneWith(second, "truncated")],
    ["FLAC: a tenth of its samples", () => flacOf(4_410), doneSomehow],
    [
      "FLAC: samples, but no frame",
      () => streamInfo({ sampleRateHz: 44_100, sampleCount: 44_100 }),
      failed("no-samples-decoded"),
      failed("not-audio"),
    ],
    [
      "FLAC: one good frame of silence",
      () => silentFlac({ frames: 1, sampleRateHz: 44_100 }),
      doneWith({ sampleCount: 65_535 }),
    ],
    [
      "AIFF: 4 billion samples",
      async () => patchAfter(await studio.tone("aiff"), "COMM", 6, 0xffffffff),
      doneSomehow,
      failed("no-samples-decoded"),
    ],
    [
      "AIFF: no sample",
      async () => patchAfter(await studio.tone("aiff"), "COMM", 6, 0),
      doneSomehow,
      failed("no-samples-decoded"),
    ],
    [
      "M4A: a duration of a day",
      async () => {
        const bytes = await m4a();
        return patched(bytes, boxOf(bytes, "mdhd").start + 24, uint32BE(44_100 * 86_400));
      },
      doneSomehow,
    ],
    [
      "M4A: no duration",
      async () => {
        const bytes = await m4a();
        return patched(bytes, boxOf(bytes, "mvhd").start + 24, uint32BE(0));
      },
      doneSomehow,
    ],
    ["MP3: VBR without a header", vbr, doneSomehow],
    [
      "MP3: a Xing header of 50 hours",
      async () => {
        const bytes = await studio.tone("mp3", "-q:a", "2");
        return patchAfter(bytes, "Xing", 4, 0x006d_dd00);
      },
      doneSomehow,
    ],
    [
      "Ogg: a last page at the end of time",
      async () => {
        const bytes = await studio.tone("ogg", "-c:a", "libvorbis");
        return patched(
          bytes,
          bytes.lastIndexOf("OggS") + 6,
          Buffer.concat([uint32LE(0xffffffff), uint32LE(0x7fffffff)]),
        );
      },
      doneSomehow,
    ],
    [
      "AU: data at the end of memory",
      async () => patched(await studio.tone("au"), 4, uint32BE(0x7fffffff)),
      failed("no-samples-decoded"),
      failed("not-audio"),
    ],
    ...misnamed(studio),
  ]).map(named);
}

function misnamed(studio: Studio) {
  return [
    ["a FLAC named x.mp3", () => studio.tone("flac"), doneWith({ codec: "flac" })],
    ["an MP3 named x.wav", () => studio.tone("mp3"), doneWith({ codec: "mp3" })],
    ["a WAV named x.jpg", () => studio.tone("wav"), doneWith({ codec: "pcm_s16le" })],
    ["an M4A named x.ogg", () => studio.tone("m4a", "-c:a", "aac"), doneWith({ codec: "aac" })],
    [
      "text named x.flac",
      () => utf8("fLaC is how such files begin\n".repeat(99)),
      failed("not-audio"),
      failed("no-samples-decoded"),
    ],
  ] as const;
}

/** The file is named as its description says. */
function named(file: HostileFile): HostileFile {
  const fileName = / named (\S+)$/.exec(file.name)?.[1];
  return fileName ? { ...file, fileName } : file;
}

/** Writes a big-endian word after a mark of four letters, so many bytes on. */
function patchAfter(bytes: Buffer, mark: string, skipBytes: number, value: number): Buffer {
  return patched(bytes, find(bytes, mark) + 4 + skipBytes, uint32BE(value));
}
