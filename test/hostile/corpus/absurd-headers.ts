// Counts and sizes that no sound has.
import { find, latin1, patched, uint16BE, uint32BE, uint32LE } from "./bytes.ts";
import { doneSomehow, doneWith, failed, filesOf, type HostileFile } from "./hostile-file.ts";
import { box, boxOf } from "./mp4-bytes.ts";
import type { Studio } from "./studio.ts";
import { chunk, samples16, sine440, type WavHeader, wavOf } from "./wav-bytes.ts";

const unplayable = [failed("not-audio"), failed("no-samples-decoded"), failed("unsupported-codec")] as const;
const whatever = [...unplayable, doneSomehow] as const;

export function absurdHeaders(studio: Studio): HostileFile[] {
  const samples = samples16(1, sine440);
  const wav = (header: WavHeader) => () => wavOf(samples, header);
  const m4a = () => studio.tone("m4a", "-c:a", "aac");
  const inBox = (kind: string, offset: number, value: number) => async () => {
    const bytes = await m4a();
    return patched(bytes, boxOf(bytes, kind).start + offset, uint32BE(value));
  };
  return filesOf([
    ["WAV: no channel", wav({ channels: 0 }), ...unplayable],
    ["WAV: 64 channels", wav({ channels: 64 }), ...whatever],
    ["WAV: 255 channels", wav({ channels: 255 }), ...whatever],
    ["WAV: 65535 channels", wav({ channels: 65_535 }), ...whatever],
    ["WAV: 0 Hz", wav({ sampleRateHz: 0 }), ...unplayable],
    ["WAV: 1 Hz", wav({ sampleRateHz: 1 }), failed("too-long"), ...unplayable],
    ["WAV: 768 kHz", wav({ sampleRateHz: 768_000 }), doneSomehow],
    ["WAV: 2147483647 Hz", wav({ sampleRateHz: 0x7fffffff }), ...whatever],
    ["WAV: 4294967295 Hz", wav({ sampleRateHz: 0xffffffff }), ...unplayable],
    ["WAV: samples of 0 bit", wav({ bits: 0, blockAlignBytes: 2 }), ...whatever],
    ["WAV: samples of 1 bit", wav({ bits: 1, blockAlignBytes: 1 }), ...whatever],
    ["WAV: samples of 65535 bit", wav({ bits: 65_535 }), ...whatever],
    ["WAV: frames of 0 bytes", wav({ blockAlignBytes: 0 }), ...whatever],
    ["WAV: frames of 65535 bytes", wav({ blockAlignBytes: 65_535 }), ...whatever],
    [
      "WAV: a codec that is not there",
      wav({ formatTag: 0x7777 }),
      failed("unsupported-codec"),
      failed("no-samples-decoded"),
    ],
    [
      "WAV: a chunk of 4 GB before the data",
      wav({ chunksBefore: chunk("junk", Buffer.alloc(8), 0xfffffff0) }),
      ...unplayable,
    ],
    [
      "WAV: 100000 chunks before the data",
      wav({ chunksBefore: Buffer.concat(Array<Buffer>(100_000).fill(chunk("junk", Buffer.alloc(0)))) }),
      doneWith({ sampleCount: 44_100 }),
      doneWith({ sampleCount: 44_100 }, "tags-unreadable"),
    ],
    ["WAV: lists within lists", wav({ chunksBefore: nested("LIST", 2_000) }), ...whatever],
    ["AIFF: 65535 channels", inAiff(studio, 4, uint16BE(0xffff)), ...whatever],
    ["AIFF: a rate of infinity", inAiff(studio, 12, Buffer.from("7fff8000000000000000", "hex")), ...whatever],
    ["AIFF: a rate of NaN", inAiff(studio, 12, Buffer.from("7fffc000000000000001", "hex")), ...whatever],
    [
      "FLAC: blocks of 0 samples",
      async () => patched(await studio.tone("flac"), 8, uint32BE(0)),
      ...whatever,
    ],
    [
      "FLAC: a block of 16 MB behind the end",
      async () => patched(await studio.tone("flac"), 43, Buffer.from([0xff, 0xff, 0xff])),
      ...whatever,
    ],
    [
      "AU: 4 billion channels",
      async () => patched(await studio.tone("au"), 20, uint32BE(0xffffffff)),
      ...whatever,
    ],
    [
      "CAF: packets without end",
      async () => {
        const bytes = await studio.tone("caf");
        return patched(bytes, find(bytes, "data") + 4, Buffer.alloc(8, 0xff));
      },
      ...whatever,
    ],
    ["M4A: 2 billion packet sizes", inBox("stsz", 16, 0x7fffffff), ...whatever],
    ["M4A: 4 billion times", inBox("stts", 12, 0xffffffff), ...whatever],
    ["M4A: 4 billion chunks", inBox("stco", 12, 0xffffffff), ...whatever],
    ["M4A: packets of 2 GB", inBox("stsz", 20, 0x7fffffff), ...whatever],
    ["M4A: packets before the beginning", inBox("stco", 16, 0xffffffff), ...whatever],
    ["M4A: a time scale of 0", inBox("mdhd", 20, 0), ...whatever],
    ["M4A: an index of 2 GB", inBox("moov", 0, 0x7fffffff), ...whatever],
    ["M4A: a box of 1 byte", inBox("trak", 0, 1), ...whatever, failed("no-audio-stream")],
    [
      "MP4: 20000 boxes within each other",
      () => Buffer.concat([box("ftyp", latin1("M4A \0\0\0\0M4A ")), nestedBoxes(20_000)]),
      ...unplayable,
    ],
    ["MP4: 3000 tracks", async () => manyTracks(await m4a(), 3_000), ...whatever, failed("no-audio-stream")],
    [
      "Ogg: 3000 streams",
      async () => manyStreams(await studio.tone("ogg", "-c:a", "libvorbis"), 3_000),
      ...whatever,
      failed("no-audio-stream"),
    ],
    [
      "Ogg: a page of 255 segments of nothing",
      async () => Buffer.concat([emptyPage(), await studio.tone("ogg", "-c:a", "libvorbis")]),
      ...whatever,
    ],
    [
      "Matroska: elements of unknown size within each other",
      () =>
        Buffer.concat([
          Buffer.from(
            "1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b614287810442858102",
            "hex",
          ),
          ...Array<Buffer>(5_000).fill(Buffer.from("1853806701ffffffffffffff", "hex")),
        ]),
      ...unplayable,
      failed("no-audio-stream"),
    ],
  ]);
}

function inAiff(studio: Studio, offset: number, value: Uint8Array) {
  return async () => {
    const bytes = await studio.tone("aiff");
    return patched(bytes, find(bytes, "COMM") + 4 + offset, value);
  };
}

/** Chunks within chunks, each of four letters and a size. */
function nested(id: string, depth: number): Buffer {
  const levels = Array.from({ length: depth }, (_, i) =>
    Buffer.concat([latin1(id), uint32LE((depth - i) * 12 - 8), latin1("INFO")]),
  );
  return Buffer.concat(levels);
}

function nestedBoxes(depth: number): Buffer {
  const levels = Array.from({ length: depth }, (_, i) =>
    Buffer.concat([uint32BE((depth - i) * 8), latin1("moov")]),
  );
  return Buffer.concat(levels);
}

function manyTracks(m4a: Buffer, count: number): Buffer {
  const moov = boxOf(m4a, "moov");
  const mvhd = boxOf(m4a, "mvhd");
  const trak = boxOf(m4a, "trak");
  const tracks = Array<Buffer>(count).fill(m4a.subarray(trak.start, trak.end));
  const index = box("moov", Buffer.concat([m4a.subarray(mvhd.start, mvhd.end), ...tracks]));
  return Buffer.concat([m4a.subarray(0, moov.start), index]);
}

/** The first page again and again, each a stream of its own; its checksum is then wrong, and that is as it is. */
function manyStreams(ogg: Buffer, count: number): Buffer {
  const first = ogg.subarray(0, find(ogg, "OggS", 4));
  const pages = Array.from({ length: count }, (_, i) => patched(first, 14, uint32LE(i + 1)));
  return Buffer.concat([...pages, ogg]);
}

function emptyPage(): Buffer {
  const page = Buffer.alloc(27 + 255);
  page.write("OggS", "latin1");
  page[26] = 255;
  return page;
}
