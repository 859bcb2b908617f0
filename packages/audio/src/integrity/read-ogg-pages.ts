import type { BytesAt } from "../tags/windowed-file.ts";
import { oggCrc } from "./ogg-crc.ts";

/** A page of an Ogg file (RFC 3533, 6). Its bytes are a view that the next page overwrites. */
export interface OggPage {
  readonly at: number;
  readonly bytes: Buffer;
  readonly serial: number;
  /** Its first packet is the first of a stream. */
  readonly begins: boolean;
  /** Of the last sample that ends on it, for sound. */
  readonly position: bigint;
  /** Its checksum holds. */
  readonly intact: boolean;
  /** It ends where another begins, or where the file does. */
  readonly placed: boolean;
  /** What its checksum must be. */
  readonly crc: number;
}

export const oggHeadBytes = 27;
const longestPageBytes = oggHeadBytes + 255 + 255 * 255;
/** What a reader of pages wants of a file at a time. */
export const oggWindowBytes = 4 * longestPageBytes;
const capture = Buffer.from("OggS", "latin1");
const beginsStream = 2;

/**
 * All that looks like a page, in order: what is damaged so that it ends nowhere included, and what follows it found again.
 * Ends before a page that the file is cut off in.
 */
export async function* readOggPages(
  bytesAt: BytesAt,
  sizeBytes: number,
): AsyncGenerator<OggPage, void, undefined> {
  const scratch = new Uint8Array(longestPageBytes);
  let at = await nextCapture(bytesAt, 0, sizeBytes);
  while (at !== null) {
    const end = await endOf(bytesAt, at);
    const placed = end === sizeBytes || (end !== null && end < sizeBytes && (await isCapture(bytesAt, end)));
    const next = placed ? end : await nextCapture(bytesAt, at + capture.length, sizeBytes);
    if (next === null) return;
    const length = Math.min(end ?? next, sizeBytes) - at;
    const page = await describe(bytesAt, at, length, placed, scratch);
    if (page) yield page;
    at = next < sizeBytes ? next : null;
  }
}

async function describe(
  bytesAt: BytesAt,
  at: number,
  length: number,
  placed: boolean,
  scratch: Uint8Array,
): Promise<OggPage | null> {
  const bytes = await bytesAt(at, length);
  if (bytes.length < oggHeadBytes) return null;
  const crc = oggCrc(bytes, scratch);
  return {
    at,
    bytes,
    serial: bytes.readUInt32LE(14),
    begins: ((bytes[5] ?? 0) & beginsStream) !== 0,
    position: bytes.readBigUInt64LE(6),
    intact: placed && crc === bytes.readUInt32LE(22),
    placed,
    crc,
  };
}

/** Null where the file ends in its head. */
async function endOf(bytesAt: BytesAt, at: number): Promise<number | null> {
  const head = await bytesAt(at, oggHeadBytes + 255);
  const segments = head[26];
  if (segments === undefined || head.length < oggHeadBytes + segments) return null;
  const lengths = head.subarray(oggHeadBytes, oggHeadBytes + segments);
  return at + oggHeadBytes + segments + lengths.reduce((sum, length) => sum + length, 0);
}

async function isCapture(bytesAt: BytesAt, at: number): Promise<boolean> {
  return (await bytesAt(at, capture.length)).equals(capture);
}

async function nextCapture(bytesAt: BytesAt, from: number, sizeBytes: number): Promise<number | null> {
  for (let at = from; at < sizeBytes; ) {
    const window = await bytesAt(at, longestPageBytes);
    const found = window.indexOf(capture);
    if (found >= 0) return at + found;
    // One may lie across the end.
    at += Math.max(1, window.length - capture.length + 1);
  }
  return null;
}
