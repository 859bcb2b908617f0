import { open } from "node:fs/promises";
import { endOfTags } from "../tags/id3-frames.ts";
import { type BytesAt, windowed } from "../tags/windowed-file.ts";

export interface Mp3Faults {
  /** Frames that carry a checksum. */
  readonly checked: number;
  /** Those of them that fail it. */
  readonly faulty: number;
}

interface Frame {
  readonly frameBytes: number;
  /** Version, layer, sampling rate: what a stream keeps. */
  readonly kind: number;
  readonly isProtected: boolean;
  /** What the checksum is over, besides two bytes of the head. */
  readonly sideBytes: number;
}

const windowBytes = 256 * 1024;
const headBytes = 4;
const crcBytes = 2;
const kbps1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const kbps2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const ratesHz = [44_100, 48_000, 32_000];
/** How far a frame is looked for where the last one ended; ID3v1, APE and Lyrics tags at the end are passed over so. */
const longestSearchBytes = 64 * 1024;

/**
 * How many frames of an MP3 fail their checksum, where they carry one (ISO/IEC 11172-3, 2.4.3.1; layer III alone). It
 * covers each frame's side information, and not the sound itself. ffmpeg up to 4.2 does not look at it.
 */
export async function countMp3Faults(path: string): Promise<Mp3Faults> {
  const file = await open(path, "r");
  try {
    const bytesAt = windowed(file, windowBytes);
    let checked = 0;
    let faulty = 0;
    for await (const { frame, bytes } of readFrames(bytesAt, await endOfTags(bytesAt))) {
      if (!frame.isProtected || isIndex(bytes, frame)) continue;
      checked += 1;
      if (crcOf(bytes, frame) !== bytes.readUInt16BE(headBytes)) faulty += 1;
    }
    return { checked, faulty };
  } finally {
    await file.close();
  }
}

async function* readFrames(bytesAt: BytesAt, from: number) {
  let kind: number | null = null;
  let lost = 0;
  for (let at = from; lost < longestSearchBytes; ) {
    const head = await bytesAt(at, headBytes);
    if (head.length < headBytes) return;
    const frame = parseFrame(head);
    const isOne = frame && (kind === null ? await isFollowed(bytesAt, at, frame) : frame.kind === kind);
    const bytes = isOne ? await bytesAt(at, headBytes + crcBytes + frame.sideBytes + 4) : null;
    if (!frame || !bytes || bytes.length < headBytes + crcBytes + frame.sideBytes) {
      at += 1;
      lost += 1;
      continue;
    }
    kind = frame.kind;
    lost = 0;
    yield { frame, bytes };
    at += frame.frameBytes;
  }
}

async function isFollowed(bytesAt: BytesAt, at: number, frame: Frame): Promise<boolean> {
  const head = await bytesAt(at + frame.frameBytes, headBytes);
  return head.length === headBytes && parseFrame(head)?.kind === frame.kind;
}

/** Null for all but layer III at a stated rate. */
function parseFrame(head: Buffer): Frame | null {
  const word = head.readUInt32BE(0);
  const version = (word >>> 19) & 3;
  const isVersion1 = version === 3;
  const kbps = (isVersion1 ? kbps1 : kbps2)[(word >>> 12) & 15];
  const rateHz = ratesHz[(word >>> 10) & 3];
  if (word >>> 21 !== 0x7ff || version === 1 || ((word >>> 17) & 3) !== 1 || !kbps || !rateHz) return null;
  const sampleRateHz = isVersion1 ? rateHz : version === 2 ? rateHz / 2 : rateHz / 4;
  const isMono = ((word >>> 6) & 3) === 3;
  const padding = (word >>> 9) & 1;
  return {
    frameBytes: Math.floor(((isVersion1 ? 144 : 72) * kbps * 1000) / sampleRateHz) + padding,
    kind: word & 0xfffe_0c00,
    isProtected: ((word >>> 16) & 1) === 0,
    sideBytes: isVersion1 ? (isMono ? 17 : 32) : isMono ? 9 : 17,
  };
}

/** A first frame that holds no sound but a table of places: some writers leave its checksum out. */
function isIndex(bytes: Buffer, { sideBytes }: Frame): boolean {
  const mark = bytes.toString("latin1", headBytes + sideBytes, headBytes + crcBytes + sideBytes + 4);
  return /Xing|Info/.test(mark);
}

/** Polynomial 0x8005 from 0xffff, highest bit first, over the head's last two bytes and the side information. */
function crcOf(bytes: Buffer, { sideBytes }: Frame): number {
  let crc = 0xffff;
  const add = (byte: number) => {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x8005) & 0xffff : (crc << 1) & 0xffff;
  };
  add(bytes[2] ?? 0);
  add(bytes[3] ?? 0);
  const side = headBytes + crcBytes;
  for (let at = side; at < side + sideBytes; at++) add(bytes[at] ?? 0);
  return crc;
}
