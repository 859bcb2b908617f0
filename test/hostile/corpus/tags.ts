// Tags that old and foreign programs write, and tags that nobody should.
import { deflateSync } from "node:zlib";
import { latin1, randomBytes, uint32BE, uint32LE, utf8 } from "./bytes.ts";
import { doneSomehow, doneWith, filesOf, type HostileFile } from "./hostile-file.ts";
import { charset, frame, id3, id3v1, textFrame } from "./id3-bytes.ts";
import type { Studio } from "./studio.ts";
import { chunk, samples16, sine440, wavOf } from "./wav-bytes.ts";

const cyrillic = {
  text: "Подмосковные вечера",
  bytes: Buffer.from("cfeee4eceef1eaeee2edfbe520e2e5f7e5f0e0", "hex"),
};
const chinese = { text: "月亮代表我的心", bytes: Buffer.from("d4c2c1c1b4fab1edced2b5c4d0c4", "hex") };
const titled = (title: string) => doneWith({ tags: { title } });

export function tags(studio: Studio): HostileFile[] {
  const bare = () => studio.tone("mp3", "-id3v2_version", "0", "-write_xing", "0");
  const tagged =
    (...frames: Uint8Array[]) =>
    async () =>
      Buffer.concat([id3(frames), await bare()]);
  const title = (encoding: number, text: Uint8Array) => tagged(textFrame("TIT2", encoding, text));
  const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
  const infoWav = (bytes: Uint8Array) => () =>
    wavOf(samples16(1, sine440), {
      chunksBefore: chunk("LIST", Buffer.concat([latin1("INFO"), chunk("INAM", bytes)])),
    });
  return filesOf([
    ["Latin-1", title(charset.latin1, latin1("Für Elise")), titled("Für Elise")],
    ["UTF-16, little-endian", title(charset.utf16, utf16("Für Elise ☃")), titled("Für Elise ☃")],
    ["UTF-16, big-endian", title(charset.utf16, utf16("Für Elise").swap16()), titled("Für Elise")],
    ["UTF-16 with half a surrogate pair", title(charset.utf16, utf16("a\ud83d")), doneSomehow],
    ["UTF-16 of an odd number of bytes", title(charset.utf16, utf16("abc").subarray(0, 7)), doneSomehow],
    ["UTF-8 that says Latin-1", title(charset.latin1, utf8("Für Elise")), titled("Für Elise")],
    ["GBK that says Latin-1", title(charset.latin1, chinese.bytes), titled(chinese.text)],
    ["cp1251 that says Latin-1", title(charset.latin1, cyrillic.bytes), titled(cyrillic.text)],
    ["cp1251 in a RIFF list", infoWav(cyrillic.bytes), doneSomehow],
    ["GBK in ID3v1", async () => Buffer.concat([await bare(), id3v1(chinese.bytes)]), titled(chinese.text)],
    [
      "an ID3v1 tag of all ones",
      async () => Buffer.concat([await bare(), id3v1(Buffer.alloc(30, 0xff), 0xff)]),
      doneSomehow,
    ],
    ["NULs in a title", title(charset.latin1, latin1("a\0b\0c")), doneSomehow],
    ["a title of NULs", title(charset.latin1, Buffer.alloc(500)), doneSomehow],
    ["a title of control characters", title(charset.latin1, latin1("\x1b[2J\x07\x08\r\nowned")), doneSomehow],
    ["a title that turns the line", title(charset.utf16, utf16("\u202egnp.exe\u2066🎵")), doneSomehow],
    [
      "a title that is a command",
      title(charset.latin1, latin1("'; drop table tracks; -- $(reboot) `id`")),
      doneSomehow,
    ],
    ["a title of 10 MB", title(charset.latin1, Buffer.alloc(10 * 2 ** 20, 0x41)), titled("A".repeat(1000))],
    ["a title whose 10 MB are compressed", tagged(compressed(10 * 2 ** 20)), doneSomehow],
    ["a title whose 200 MB are compressed", tagged(compressed(200 * 2 ** 20)), doneSomehow],
    [
      "20000 frames of tags",
      tagged(...Array.from({ length: 20_000 }, (_, i) => textFrame("TXXX", 0, latin1(`k${i}\0v`)))),
      doneSomehow,
    ],
    [
      "a frame that is longer than its tag",
      tagged(frame("TIT2", latin1("\0abc"), 0, 0x0fffffff)),
      doneSomehow,
    ],
    [
      "a tag that is longer than its file",
      async () => Buffer.concat([id3([textFrame("TIT2", 0, latin1("abc"))], 0x0fffffff), await bare()]),
      doneSomehow,
      { state: "failed", code: "not-audio" },
      { state: "failed", code: "no-samples-decoded" },
    ],
    ["a tag of noise", tagged(randomBytes(4_000, 6)), doneSomehow],
    [
      "ten tags one after another",
      async () =>
        Buffer.concat([
          ...Array.from({ length: 10 }, () => id3([textFrame("TIT2", 0, latin1("abc"))])),
          await bare(),
        ]),
      doneSomehow,
    ],
    ["an APE tag of 4 billion fields", async () => Buffer.concat([await bare(), apeFooter()]), doneSomehow],
    [
      "4 billion Vorbis comments in FLAC",
      async () => withComment(await studio.tone("flac"), Buffer.concat([uint32LE(0), uint32LE(0xffffffff)])),
      doneSomehow,
    ],
    [
      "a Vorbis comment of 4 GB in FLAC",
      async () => withComment(await studio.tone("flac"), uint32LE(0xffffffff)),
      doneSomehow,
    ],
  ]);
}

/** An ID3v2.3 frame that zlib blows up a thousandfold. */
function compressed(bytes: number): Buffer {
  const packed = deflateSync(Buffer.alloc(bytes, 0x41), { level: 9 });
  return frame("TIT2", Buffer.concat([uint32BE(bytes), packed]), 0x0080);
}

function apeFooter(): Buffer {
  const words = [2000, 0x7fffffff, 0xffffffff, 0, 0, 0].map(uint32LE);
  return Buffer.concat([latin1("APETAGEX"), ...words]);
}

/** Replaces the content of the comment block, which ffmpeg writes right after STREAMINFO. */
function withComment(flac: Buffer, content: Buffer): Buffer {
  const at = 42;
  const header = flac.readUInt32BE(at);
  const rest = flac.subarray(at + 4 + (header & 0xffffff));
  const marked = uint32BE(((header & 0xff000000) | content.length) >>> 0);
  return Buffer.concat([flac.subarray(0, at), marked, content, rest]);
}
