import { decodeBytes } from "./decode-bytes.ts";
import { readAlphabet } from "./read-alphabet.ts";
import { readEastAsian } from "./read-east-asian.ts";

/** Reads a text whose charset nobody declared. */
export type ReadBytes = (bytes: Buffer) => string;

/** Above this share of characters that stand in words there is no doubt. */
const soundSense = 0.5;

/**
 * How to read a file's texts whose charset is not declared, or is declared as Latin-1, as ID3v1, RIFF INFO and ID3v2's
 * encoding 0 are: many writers put UTF-8 there, or what their system's charset was. Judged over all of them together:
 * one accented word can look like a character of anything.
 */
export function chooseCharset(texts: readonly Buffer[]): ReadBytes {
  const high = texts.filter((bytes) => bytes.some((byte) => byte >= 0x80));
  const legacy = high.filter((bytes) => foreignIn(bytes).length === 0);
  // By chance, other text is UTF-8 once in a while, but not all of a file's, and as a letter that is hardly written.
  const isUtf8 = (bytes: Buffer) => {
    const foreign = foreignIn(bytes);
    return foreign.length > 1 || (legacy.length === 0 && !rareLetter.test(foreign.join("")));
  };
  const charset = chooseLegacy(high.filter((bytes) => legacy.includes(bytes) || !isUtf8(bytes)));
  return (bytes) =>
    (isUtf8(bytes) ? decodeBytes(bytes, "utf-8") : null) ??
    decodeBytes(bytes, charset) ??
    new TextDecoder("windows-1252").decode(bytes);
}

function chooseLegacy(texts: readonly Buffer[]): string {
  if (texts.length === 0) return "windows-1252";
  const eastAsian = readEastAsian(texts);
  if (eastAsian && eastAsian.sense >= soundSense) return eastAsian.charset;
  const alphabet = readAlphabet(texts);
  if (alphabet) return alphabet;
  return eastAsian && !couldBeLatin(texts) ? eastAsian.charset : "windows-1252";
}

/** No language puts four accented letters in a row. */
function couldBeLatin(texts: readonly Buffer[]): boolean {
  return !texts.some((bytes) => /[\u0080-\u00ff]{4}/.test(bytes.toString("latin1")));
}

/** Of the Latin letters past U+017F, Romanian, Vietnamese and Azeri write these: the others hardly stand alone. */
const rareLetter = /(?![ƏəƠơƯưȘșȚț])[\u0180-\u02af]/;

/** What of a text, read as UTF-8, is not ASCII; empty where it is no UTF-8. */
function foreignIn(bytes: Buffer): string[] {
  return decodeBytes(bytes, "utf-8")?.match(/\P{ASCII}/gu) ?? [];
}
