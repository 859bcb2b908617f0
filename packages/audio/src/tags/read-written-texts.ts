import { type FileHandle, open } from "node:fs/promises";
import { framesOf, type Id3Tag, tagAt, tagsOf } from "./id3-frames.ts";
import { type BytesAt, windowed } from "./windowed-file.ts";

/** A text as it is written in a file whose reader does not tell what charset it was declared to have. */
export interface WrittenText {
  readonly bytes: Buffer;
  /** How the reader shows those bytes. */
  readonly shownAs: string;
  /** False where the container says what charset it is: such text is what it says. */
  readonly undeclared: boolean;
}

export interface WrittenTexts {
  readonly texts: readonly WrittenText[];
  /** Whether RIFF INFO says by a CSET chunk what charset it has. */
  readonly declaresInfo: boolean;
}

const mostTags = 100;
const mostFrames = 2000;
const mostChunks = 1000;
/** Longer ones are cut much shorter anyway. */
const mostTextBytes = 8 * 1024;

/**
 * The texts of ID3v2 frames (which say Latin-1, or UTF) and of AIFF's chunks (which say nothing), wherever in a file such
 * tags stand: at its beginning, or in a chunk of RIFF or AIFF.
 * Sources: id3.org, ID3v2.2 to 2.4; AIFF 1.3, "Text chunks"; Microsoft's "Multimedia data standards update", CSET.
 */
export async function readWrittenTexts(path: string): Promise<WrittenTexts> {
  const file = await open(path, "r");
  try {
    const bytesAt = windowed(file);
    const head = (await bytesAt(0, 12)).toString("latin1");
    if (/^(RIFF|RF64|BW64|FORM)/.test(head)) return await readChunks(file, bytesAt, head.startsWith("FORM"));
    const texts: WrittenText[] = [];
    for await (const tag of tagsOf(bytesAt, mostTags)) texts.push(...(await readFrames(bytesAt, tag)));
    return { texts, declaresInfo: false };
  } finally {
    await file.close();
  }
}

async function readChunks(file: FileHandle, bytesAt: BytesAt, isAiff: boolean): Promise<WrittenTexts> {
  const texts: WrittenText[] = [];
  let declaresInfo = false;
  const { size } = await file.stat();
  let at = 12;
  for (let chunks = 0; chunks < mostChunks && at + 8 <= size; chunks++) {
    const head = await bytesAt(at, 8);
    if (head.length < 8) break;
    const id = head.toString("latin1", 0, 4);
    const declared = isAiff ? head.readUInt32BE(4) : head.readUInt32LE(4);
    at += 8;
    if (/^id3 $/i.test(id)) {
      const tag = await tagAt(bytesAt, at);
      if (tag) texts.push(...(await readFrames(bytesAt, tag)));
    } else if (id === "CSET") {
      // Zero means "not said".
      declaresInfo = (await bytesAt(at, 2)).some((byte) => byte !== 0);
    } else if (isAiff && /^(NAME|AUTH|\(c\) |ANNO)$/.test(id)) {
      texts.push(...asciiTexts(Buffer.from(await bytesAt(at, Math.min(declared, mostTextBytes)))));
    }
    at += declared + (declared % 2);
  }
  return { texts, declaresInfo };
}

/** AIFF's texts are ASCII by its specification, and its reader drops every eighth bit. */
function asciiTexts(bytes: Buffer): WrittenText[] {
  return split(bytes, 1).map((part) => ({
    bytes: part,
    shownAs: part.toString("ascii").trim(),
    undeclared: true,
  }));
}

async function readFrames(bytesAt: BytesAt, tag: Id3Tag): Promise<WrittenText[]> {
  const texts: WrittenText[] = [];
  let frames = 0;
  for await (const { id, flags, start, sizeBytes } of framesOf(bytesAt, tag)) {
    if (++frames > mostFrames) break;
    if (!/^(T|COM|GRP1|GP1|IPL|MVNM)/.test(id)) continue;
    const data = Buffer.from(await bytesAt(start, Math.min(sizeBytes, mostTextBytes)));
    // A length comes before the text.
    const text = tag.version === 4 && flags & 1 ? data.subarray(4) : data;
    const body = tag.unsynchronised || (tag.version === 4 && flags & 2) ? resynchronise(text) : text;
    texts.push(...frameTexts(body, id.startsWith("COM")));
  }
  return texts;
}

/** @param isComment a language of three letters comes first. */
function frameTexts(body: Buffer, isComment: boolean): WrittenText[] {
  const encoding = body[0];
  const rest = body.subarray(isComment ? 4 : 1);
  if (encoding === 0) {
    return split(rest, 1).map((bytes) => ({ bytes, shownAs: bytes.toString("latin1"), undeclared: true }));
  }
  const decoder = encoding === 1 || encoding === 2 ? null : new TextDecoder();
  if (encoding === undefined || encoding > 3) return [];
  return split(rest, decoder ? 1 : 2).map((bytes) => ({
    bytes,
    shownAs: decoder ? decoder.decode(bytes) : decodeUtf16(bytes, encoding === 2),
    undeclared: false,
  }));
}

function decodeUtf16(bytes: Buffer, bigEndian: boolean): string {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0;
  const big = mark === 0xfeff || (bigEndian && mark !== 0xfffe);
  return new TextDecoder(big ? "utf-16be" : "utf-16le").decode(bytes);
}

/** Parts between zeros of a width, empty ones left out. */
function split(bytes: Buffer, width: 1 | 2): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 0; at + width <= bytes.length; at += width) {
    if (bytes[at] !== 0 || (width === 2 && bytes[at + 1] !== 0)) continue;
    parts.push(bytes.subarray(from, at));
    from = at + width;
  }
  parts.push(bytes.subarray(from));
  return parts.filter((part) => part.length > 0);
}

/** Takes out the zero that was put behind every 0xFF. */
function resynchronise(bytes: Buffer): Buffer {
  return Buffer.from(bytes.filter((byte, i) => byte !== 0 || bytes[i - 1] !== 0xff));
}
