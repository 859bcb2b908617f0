import { latin1, uint16LE, uint32LE } from "./bytes.ts";
import { chunk } from "./wav-bytes.ts";

const list = (kind: string, ...parts: Uint8Array[]) => chunk("LIST", Buffer.concat([latin1(kind), ...parts]));

function streamHeader(kind: "auds" | "txts", scale: number, rate: number): Buffer {
  const words = [0, 0, 0, 0, scale, rate, 0, 100, 0, 0xffffffff, kind === "auds" ? 2 : 0, 0, 0];
  return chunk("strh", Buffer.concat([latin1(kind), ...words.map(uint32LE)]));
}

/**
 * An AVI with one PCM stream and one of subtitles in the form GAB2, whose content is any text. Old builds of ffmpeg
 * opened whatever that text was, playlists of addresses included.
 */
export function aviWithSubtitles(samples: Uint8Array, subtitles: string): Buffer {
  const rateHz = 44_100;
  const format = Buffer.concat([
    uint16LE(1),
    uint16LE(1),
    uint32LE(rateHz),
    uint32LE(rateHz * 2),
    uint16LE(2),
    uint16LE(16),
  ]);
  const main = [40_000, 0, 0, 0x10, 100, 0, 2, 0, 0, 0, 0, 0, 0, 0];
  const text = latin1(subtitles);
  const gab2 = Buffer.concat([
    latin1("GAB2\0"),
    uint16LE(2),
    uint32LE(2),
    latin1("x\0"),
    uint16LE(4),
    uint32LE(text.length),
    text,
  ]);
  return chunk(
    "RIFF",
    Buffer.concat([
      latin1("AVI "),
      list(
        "hdrl",
        chunk("avih", Buffer.concat(main.map(uint32LE))),
        list("strl", streamHeader("auds", 1, rateHz), chunk("strf", format)),
        list("strl", streamHeader("txts", 1, 25), chunk("strf", Buffer.alloc(40))),
      ),
      list("movi", chunk("01tx", gab2), chunk("00wb", samples)),
    ]),
  );
}
