// Good files, cut off at every boundary of their structure.

import { find } from "./bytes.ts";
import {
  done,
  doneSomehow,
  failed,
  filesOf,
  type HostileFile,
  type Outcome,
  type Row,
} from "./hostile-file.ts";
import { boxOf } from "./mp4-bytes.ts";
import type { Studio } from "./studio.ts";
import { chunk, samples16, sine440, wavOf } from "./wav-bytes.ts";

type Cut = readonly [where: string, offset: (bytes: Buffer) => number, ...outcomes: Outcome[]];

const notAudio = failed("not-audio");
const noSamples = failed("no-samples-decoded");
const truncated = done("truncated");
const cutInASample = done("truncated", "decode-errors");
const nothingLeft = [notAudio, noSamples] as const;

const wavCuts: readonly Cut[] = [
  ["in RIFF", () => 3, notAudio],
  ["after RIFF and its size", () => 8, notAudio],
  ["after WAVE", () => 12, ...nothingLeft],
  ["in fmt", (bytes) => find(bytes, "fmt ") + 12, ...nothingLeft],
  ["after fmt", (bytes) => find(bytes, "LIST"), ...nothingLeft],
  ["in LIST", (bytes) => find(bytes, "LIST") + 10, ...nothingLeft],
  ["in data's size", (bytes) => find(bytes, "data") + 6, ...nothingLeft],
  ["before the first sample", (bytes) => find(bytes, "data") + 8, noSamples],
  ["in the first sample", (bytes) => find(bytes, "data") + 9, noSamples],
  // The declared duration comes in hundredths of a second: a single sample rounds to none.
  ["after one sample", (bytes) => find(bytes, "data") + 10, truncated, done()],
  ["half way", (bytes) => bytes.length / 2, truncated, cutInASample],
  ["one byte before the end", (bytes) => bytes.length - 1, done(), done("decode-errors")],
];

const flacCuts: readonly Cut[] = [
  ["after fLaC", () => 4, ...nothingLeft],
  ["in STREAMINFO", () => 20, ...nothingLeft],
  ["after STREAMINFO", () => 42, ...nothingLeft],
  ["in the comment's length", () => 45, ...nothingLeft],
  ["in the comment", () => 60, ...nothingLeft],
  ["in the first frame", (bytes) => firstFlacFrame(bytes) + 40, noSamples],
  ["half way", (bytes) => bytes.length / 2, doneSomehow],
  ["one byte before the end", (bytes) => bytes.length - 1, doneSomehow],
];

const mp3Cuts: readonly Cut[] = [
  ["in ID3", () => 8, notAudio],
  ["after ID3's head", () => 10, ...nothingLeft],
  ["after ID3", (bytes) => id3End(bytes), ...nothingLeft],
  ["in the first frame", (bytes) => id3End(bytes) + 40, ...nothingLeft],
  ["after the Xing frame", (bytes) => id3End(bytes) + 417, ...nothingLeft],
  ["half way", (bytes) => bytes.length / 2, doneSomehow],
  ["one byte before the end", (bytes) => bytes.length - 1, doneSomehow],
];

const oggCuts: readonly Cut[] = [
  ["in the first page's head", () => 20, ...nothingLeft],
  ["after the first page", (bytes) => find(bytes, "OggS", 4), ...nothingLeft],
  ["in the setup header", (bytes) => find(bytes, "\x05vorbis") + 100, ...nothingLeft],
  ["before the first packet of sound", (bytes) => nthPage(bytes, 2), ...nothingLeft],
  ["in the first packet of sound", (bytes) => nthPage(bytes, 2) + 60, noSamples, doneSomehow],
  ["half way", (bytes) => bytes.length / 2, doneSomehow, noSamples],
  ["one byte before the end", (bytes) => bytes.length - 1, doneSomehow],
];

const m4aCuts: readonly Cut[] = [
  ["in ftyp", () => 6, ...nothingLeft],
  ["after ftyp", (bytes) => boxOf(bytes, "ftyp").end, ...nothingLeft],
  ["in mdat", (bytes) => boxOf(bytes, "mdat").start + 100, noSamples],
  ["before moov", (bytes) => boxOf(bytes, "moov").start, noSamples],
  ["in mvhd", (bytes) => boxOf(bytes, "mvhd").start + 20, ...nothingLeft, failed("no-audio-stream")],
  ["after tkhd", (bytes) => boxOf(bytes, "tkhd").end, ...nothingLeft, failed("no-audio-stream")],
  ["in stsd", (bytes) => boxOf(bytes, "stsd").start + 30, ...nothingLeft],
  ["in stsz", (bytes) => boxOf(bytes, "stsz").start + 40, ...nothingLeft, doneSomehow],
  ["before stco", (bytes) => boxOf(bytes, "stco").start, ...nothingLeft],
];

const streamableM4aCuts: readonly Cut[] = [
  ["after moov", (bytes) => boxOf(bytes, "moov").end, noSamples],
  ["in the first packet", (bytes) => boxOf(bytes, "mdat").start + 12, noSamples, doneSomehow],
  ["half way", (bytes) => bytes.length / 2, doneSomehow],
];

const aiffCuts: readonly Cut[] = [
  ["after FORM", () => 8, ...nothingLeft],
  ["after AIFF", () => 12, ...nothingLeft],
  ["in COMM", (bytes) => find(bytes, "COMM") + 14, ...nothingLeft],
  ["after SSND's head", (bytes) => find(bytes, "SSND") + 16, noSamples],
  ["half way", (bytes) => bytes.length / 2, truncated, cutInASample],
];

export function truncations(studio: Studio): HostileFile[] {
  const info = chunk("LIST", Buffer.from("INFOINAM\x06\0\0\0title\0", "latin1"));
  const wav = async () => wavOf(samples16(1, sine440), { chunksBefore: info });
  const noise = ["-f", "lavfi", "-i", "anoisesrc=d=3:a=0.3:seed=1"];
  const title = ["-metadata", "title=A title"];
  const flac = () => studio.tone("flac", ...title);
  return filesOf([
    ...rows("WAV", wav, wavCuts),
    ...rows("FLAC", flac, flacCuts),
    ...rows("MP3", () => studio.tone("mp3", "-b:a", "128k", ...title), mp3Cuts),
    ...rows("Ogg", () => studio.make("ogg", ...noise, "-c:a", "libvorbis"), oggCuts),
    ...rows("M4A", () => studio.tone("m4a", "-c:a", "aac"), m4aCuts),
    ...rows(
      "M4A that streams",
      () => studio.tone("m4a", "-c:a", "aac", "-movflags", "+faststart"),
      streamableM4aCuts,
    ),
    ...rows("AIFF", () => studio.tone("aiff"), aiffCuts),
  ]);
}

function rows(format: string, make: () => Promise<Buffer>, cuts: readonly Cut[]): Row[] {
  return cuts.map(([where, offset, ...outcomes]): Row => {
    const cutOff = async () => {
      const bytes = await make();
      return bytes.subarray(0, Math.floor(offset(bytes)));
    };
    return [`${format}, cut off ${where}`, cutOff, ...outcomes];
  });
}

function id3End(bytes: Buffer): number {
  const size = bytes.subarray(6, 10).reduce((total, byte) => total * 128 + byte, 0);
  return 10 + size;
}

/** Past the metadata blocks, the last of which is marked. */
function firstFlacFrame(bytes: Buffer): number {
  for (let at = 4; ; ) {
    const last = ((bytes[at] ?? 0x80) & 0x80) !== 0;
    at += 4 + bytes.readUIntBE(at + 1, 3);
    if (last) return at;
  }
}

/** Where the page after `count` others begins. */
function nthPage(bytes: Buffer, count: number): number {
  let at = 0;
  for (let page = 0; page < count; page++) at = find(bytes, "OggS", at + 4);
  return at;
}
