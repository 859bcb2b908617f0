import { endOfTags } from "../tags/id3-frames.ts";
import type { BytesAt } from "../tags/windowed-file.ts";
import type { Patch } from "./find-ogg-repairs.ts";

/**
 * Comments that no tagger writes so many of: ffmpeg looks each up among all before it, and writes values of one name anew with
 * each further one, so it takes minutes for a hundred thousand.
 */
const mostComments = 2_000;
/** Comments times their bytes: what ffmpeg copies where all have one name. A second's worth. */
const mostCopiedBytes = 2 ** 31;

const headBytes = 4;
const vorbisComment = 4;
/** Blocks that are looked through; a file has some ten. */
const mostBlocks = 1_000;

/**
 * What must be changed in a FLAC file (RFC 9639, 8.6) that is burdened with comments, for it to be read in time: the count, so that
 * readers stop after the first of them. They pass the rest of the block over.
 */
export async function findFlacRepairs(bytesAt: BytesAt): Promise<Patch[]> {
  const start = await endOfTags(bytesAt);
  if ((await bytesAt(start, headBytes)).toString("latin1") !== "fLaC") return [];
  const patches: Patch[] = [];
  let at = start + headBytes;
  for (let blocks = 0; blocks < mostBlocks; blocks++) {
    const head = Buffer.from(await bytesAt(at, headBytes));
    if (head.length < headBytes) break;
    at += headBytes;
    const sizeBytes = head.readUIntBE(1, 3);
    if (((head[0] ?? 0) & 0x7f) === vorbisComment)
      patches.push(...(await limitComments(bytesAt, at, sizeBytes)));
    at += sizeBytes;
    if ((head[0] ?? 0) & 0x80) break;
  }
  return patches;
}

/** A block has its maker's name, the count, and the comments, each text with its length before it. */
async function limitComments(bytesAt: BytesAt, blockAt: number, sizeBytes: number): Promise<Patch[]> {
  const countAt = blockAt + 4 + (await wordAt(bytesAt, blockAt));
  const end = blockAt + sizeBytes;
  const count = await wordAt(bytesAt, countAt);
  let at = countAt + 4;
  for (let read = 0; read < count && at < end; read++) {
    at += 4 + (await wordAt(bytesAt, at));
    if (read < mostComments && read * (at - countAt) <= mostCopiedBytes) continue;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(read);
    return [{ at: countAt, bytes }];
  }
  return [];
}

/** 0 behind the end. */
async function wordAt(bytesAt: BytesAt, at: number): Promise<number> {
  const bytes = await bytesAt(at, 4);
  return bytes.length < 4 ? 0 : bytes.readUInt32LE();
}
