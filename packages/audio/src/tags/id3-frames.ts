import type { BytesAt } from "./windowed-file.ts";

/** An ID3v2 tag in a file: where its frames begin, and where it ends. */
export interface Id3Tag {
  /** 2, 3 or 4. */
  readonly version: number;
  /** Whether a zero was put behind every 0xFF of it. */
  readonly unsynchronised: boolean;
  readonly firstFrame: number;
  readonly end: number;
}

/** A frame's place: `id` is that of its version, of 3 or 4 characters. */
export interface Id3Frame {
  readonly id: string;
  readonly flags: number;
  readonly start: number;
  readonly sizeBytes: number;
}

const tagHeadBytes = 10;

/** The tag that begins at an offset; null if none does. */
export async function tagAt(bytesAt: BytesAt, at: number): Promise<Id3Tag | null> {
  const head = await bytesAt(at, tagHeadBytes + 4);
  if (head.length < tagHeadBytes + 4 || head.toString("latin1", 0, 3) !== "ID3") return null;
  const [version = 0, , flags = 0] = head.subarray(3, 6);
  const size = syncsafe(head.readUInt32BE(6));
  if (version < 2 || version > 4 || size === null) return null;
  const firstFrame = at + tagHeadBytes + extendedHeadBytes(version, flags, head.readUInt32BE(10));
  const footerBytes = flags & 0x10 ? tagHeadBytes : 0;
  return {
    version,
    unsynchronised: (flags & 0x80) !== 0,
    firstFrame,
    end: at + tagHeadBytes + size + footerBytes,
  };
}

/** The tags at a file's beginning: they may follow one another. @param most so many are looked at. */
export async function* tagsOf(bytesAt: BytesAt, most = Number.POSITIVE_INFINITY): AsyncGenerator<Id3Tag> {
  let at = 0;
  for (let tags = 0; tags < most; tags++) {
    const tag = await tagAt(bytesAt, at);
    if (!tag) return;
    yield tag;
    at = tag.end;
  }
}

/** Where what follows a file's ID3v2 tags begins. */
export async function endOfTags(bytesAt: BytesAt): Promise<number> {
  let end = 0;
  for await (const tag of tagsOf(bytesAt)) end = tag.end;
  return end;
}

function extendedHeadBytes(version: number, flags: number, word: number): number {
  if (version < 3 || !(flags & 0x40)) return 0;
  // Version 4 counts the word itself, version 3 does not.
  return version === 4 ? (syncsafe(word) ?? 0) : 4 + word;
}

/** A tag's frames in their order, up to the padding. */
export async function* framesOf(bytesAt: BytesAt, tag: Id3Tag): AsyncGenerator<Id3Frame> {
  const { version, firstFrame, end } = tag;
  const headBytes = version === 2 ? 6 : 10;
  for (let at = firstFrame; at + headBytes < end; ) {
    const head = await bytesAt(at, headBytes);
    // Zeros are padding.
    if (head.length < headBytes || head[0] === 0) return;
    const id = head.toString("latin1", 0, version === 2 ? 3 : 4);
    const sizeBytes = frameBytes(version, head);
    yield { id, flags: version === 2 ? 0 : head.readUInt16BE(8), start: at + headBytes, sizeBytes };
    at += headBytes + sizeBytes;
  }
}

function frameBytes(version: number, head: Buffer): number {
  if (version === 2) return head.readUIntBE(3, 3);
  const size = head.readUInt32BE(4);
  // Some writers of version 4 do not know that its sizes have seven bits a byte.
  return version === 3 ? size : (syncsafe(size) ?? size);
}

/** Seven bits of each byte; null where an eighth is set. */
function syncsafe(word: number): number | null {
  if (word & 0x80808080) return null;
  return ((word >> 3) & 0xfe00000) | ((word >> 2) & 0x1fc000) | ((word >> 1) & 0x3f80) | (word & 0x7f);
}
