import { isUtf8 } from "node:buffer";

/*
 * Names of files are bytes, and those of old disks are often no UTF-8. Here a path is text in which every byte that is none stands
 * as a lone surrogate, U+DC80 to U+DCFF (as Python does it, PEP 383): no two files have the same text, JSON holds it, and the
 * bytes come out again as they were.
 */
const escapeBase = 0xdc00;

/** The text for a name as a directory lists it. */
export function pathOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((count) => isCharacter(bytes.subarray(at, at + count), count)) ?? 0;
    if (length > 0) text += bytes.toString("utf8", at, at + length);
    else text += String.fromCharCode(escapeBase + (bytes[at] ?? 0));
    at += Math.max(1, length);
  }
  return text;
}

function isCharacter(bytes: Buffer, length: number): boolean {
  return bytes.length === length && isUtf8(bytes) && [...bytes.toString("utf8")].length === 1;
}

const escaped = /[\udc80-\udcff]/;
const loneEscaped = /(?<![\ud800-\udbff])[\udc80-\udcff]/;

/** What the file system takes for a path: its bytes where they are no text. */
export function bytesOfPath(path: string): string | Buffer {
  return loneEscaped.test(path) ? toBytes(path) : path;
}

function toBytes(path: string): Buffer {
  return Buffer.concat(
    [...path].map((char) => {
      const code = char.codePointAt(0) ?? 0;
      return escaped.test(char) && char.length === 1 ? Buffer.of(code - escapeBase) : Buffer.from(char);
    }),
  );
}

/** A path for people and for titles: each name that is no UTF-8 is read as Latin-1 (as Windows has it), what most of them are. */
export function readablePath(path: string): string {
  if (!loneEscaped.test(path)) return path;
  const windows = new TextDecoder("windows-1252");
  return path
    .split("/")
    .map((name) => (loneEscaped.test(name) ? windows.decode(toBytes(name)) : name))
    .join("/");
}
