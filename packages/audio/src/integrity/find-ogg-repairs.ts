import { open } from "node:fs/promises";
import { windowed } from "../tags/windowed-file.ts";
import { oggCrc } from "./ogg-crc.ts";
import { type OggPage, oggHeadBytes, oggWindowBytes, readOggPages } from "./read-ogg-pages.ts";

/** Bytes to put in the place of others. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface OggRepairs {
  readonly patches: readonly Patch[];
  /** Pages that fail their checksum, or whose place in time cannot be. */
  readonly damaged: number;
  readonly pages: number;
}

/** No packet ends on such a page: it says nothing about time. */
const noPosition = 0xffff_ffff_ffff_ffffn;
/** 265 days at 48 kHz: past anything that a stream which was tuned into may begin at. */
const absurdPosition = 1n << 40n;
/** In samples: more than 255 packets of the longest kind hold. */
const longestPage = 1n << 24n;
/** How the first packet of a stream of sound begins. Positions in other streams are no counts of samples. */
const soundHeads = ["\u0001vorbis", "OpusHead", "\u007fFLAC", "Speex   "];

/**
 * What must be changed in an Ogg file for every build of ffmpeg to decode the same of it. Up to 4.2 it believes a page
 * whatever its checksum says; later it drops the whole page, up to a second of sound, for one wrong bit. Here a damaged page
 * is believed if it ends where another begins and its stream is known; then damage costs only what it hits. Any other is
 * made to be passed over.
 */
export async function findOggRepairs(path: string): Promise<OggRepairs> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const patches: Patch[] = [];
    const streams = new Map<number, Stream>();
    let pages = 0;
    for await (const page of readOggPages(windowed(file, oggWindowBytes), size)) {
      pages += 1;
      const patch = judge(page, streams);
      if (patch) patches.push(patch);
    }
    return { patches, damaged: patches.length, pages };
  } finally {
    await file.close();
  }
}

interface Stream {
  readonly isSound: boolean;
  lastPosition: bigint;
}

function judge(page: OggPage, streams: Map<number, Stream>): Patch | null {
  const { at, serial, position, intact, placed } = page;
  if (page.begins && placed && (intact || at === 0)) {
    streams.set(serial, { isSound: isSound(page), lastPosition: 0n });
  }
  const stream = streams.get(serial);
  if (!intact && (!placed || !stream)) return { at, bytes: new Uint8Array(1) };
  const absurd = stream?.isSound === true && isAbsurd(page, stream);
  if (stream && !absurd && position !== noPosition) stream.lastPosition = position;
  return intact && !absurd ? null : { at, bytes: mendedHead(page, absurd ? noPosition : position) };
}

function isSound({ bytes }: OggPage): boolean {
  const packet = oggHeadBytes + (bytes[oggHeadBytes - 1] ?? 0);
  return soundHeads.includes(bytes.toString("latin1", packet, packet + 8)) || isVorbis(bytes, packet);
}

/** Its head is a character shorter than the others. */
function isVorbis(bytes: Buffer, packet: number): boolean {
  return bytes.toString("latin1", packet, packet + 7) === soundHeads[0];
}

function isAbsurd({ position, intact }: OggPage, { lastPosition }: Stream): boolean {
  if (position === noPosition) return false;
  if (position > absurdPosition) return true;
  return !intact && (position < lastPosition || position > lastPosition + longestPage);
}

function mendedHead({ bytes }: OggPage, position: bigint): Uint8Array {
  const page = Buffer.from(bytes);
  page.writeBigUInt64LE(position, 6);
  page.writeUInt32LE(oggCrc(page, Buffer.alloc(page.length)), 22);
  return page.subarray(0, oggHeadBytes);
}
