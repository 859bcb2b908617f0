// What is no audio at all, or holds none.
import { deflateSync, gzipSync } from "node:zlib";
import { sine } from "@segue/audio/testing";
import { latin1, randomBytes, utf8 } from "./bytes.ts";
import { done, failed, filesOf, type HostileFile } from "./hostile-file.ts";
import type { Studio } from "./studio.ts";
import { samples16, sine440, wavOf } from "./wav-bytes.ts";

const prose = "All work and no play makes Jack a dull boy.\n".repeat(400);
const markup = `<!doctype html><html><body>${"<p>404: the file that you asked for is gone</p>".repeat(50)}</body></html>`;

export function noAudio(studio: Studio): HostileFile[] {
  const image = (extension: string, ...args: string[]) =>
    studio.make(extension, "-f", "lavfi", "-i", "testsrc=s=320x240", "-frames:v", "1", ...args);
  const video = (extension: string, codec: string) =>
    studio.make(extension, "-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=5", "-c:v", codec);
  const notAudio = failed("not-audio");
  return filesOf([
    ["no bytes", () => Buffer.alloc(0), failed("empty-file")],
    ["one byte", () => latin1("x"), notAudio],
    ["one NUL", () => Buffer.alloc(1), notAudio],
    ["text", () => utf8(prose), notAudio],
    ["text in UTF-16", () => Buffer.from(`\ufeff${prose}`, "utf16le"), notAudio],
    ["a web page", () => utf8(markup), notAudio],
    ["JSON", () => utf8(JSON.stringify({ error: "access denied", text: prose })), notAudio],
    ["a drawing in XML", () => utf8(`<?xml version="1.0"?><svg>${"<g/>".repeat(500)}</svg>`), notAudio],
    ["zeros", () => Buffer.alloc(100_000), notAudio],
    ["a byte of all ones, over and over", () => Buffer.alloc(100_000, 0xff), notAudio],
    ["noise", () => randomBytes(100_000, 1), notAudio],
    ["64 bytes of noise", () => randomBytes(64, 2), notAudio],
    ["a PNG", () => image("png"), notAudio],
    ["a JPEG", () => image("jpg"), notAudio],
    ["a GIF", () => image("gif"), notAudio],
    ["a WebP", () => webp, notAudio],
    ["a gzip archive", () => gzipSync(utf8(prose)), notAudio],
    ["a ZIP archive", () => zipOf("song.mp3", utf8(prose)), notAudio],
    ["a PDF", () => utf8(`%PDF-1.7\n1 0 obj\n<<>>\nendobj\n${prose}`), notAudio],
    ["a program", () => Buffer.concat([latin1("\x7fELF\x02\x01\x01"), randomBytes(9_000, 3)]), notAudio],
    ["a MIDI file", () => midi, notAudio],
    ["subtitles", () => utf8("1\r\n00:00:00,000 --> 00:00:09,000\r\nhello\r\n\r\n".repeat(30)), notAudio],
    ["a video without audio in Matroska", () => video("mkv", "mjpeg"), failed("no-audio-stream")],
    ["a video without audio in MP4", () => video("mp4", "mpeg4"), failed("no-audio-stream")],
    ["a video without audio in AVI", () => video("avi", "mpeg4"), failed("no-audio-stream")],
    [
      "a video with audio",
      () =>
        studio.make(
          "mp4",
          ...["-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=5", ...sine({})],
          // Low enough for no build's encoder to overshoot full scale where the tone sets in.
          ...["-map", "0", "-map", "1", "-c:v", "mpeg4", "-af", "volume=0.25", "-c:a", "aac"],
        ),
      done(),
    ],
    ["a WAV without samples", () => wavOf(Buffer.alloc(0)), failed("no-samples-decoded")],
    ["a WAV in a gzip archive", () => gzipSync(wavOf(samples16(1, sine440))), notAudio],
  ]);
}

/** A picture of 1 x 1 pixel. */
export const webp = Buffer.from("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vv9UAA=", "base64");

const midi = Buffer.concat([
  latin1("MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x0c"),
  Buffer.from([0, 0x90, 60, 64, 0x60, 0x80, 60, 64, 0, 0xff, 0x2f, 0]),
]);

function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateSync(content);
  const head = Buffer.alloc(30);
  head.write("PK\x03\x04\x14\0\0\0\x08\0", "latin1");
  head.writeUInt32LE(packed.length, 18);
  head.writeUInt32LE(content.length, 22);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, latin1(name), packed]);
}
