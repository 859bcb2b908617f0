import { boxesIn, contentOf, makeBox, rewriteBoxes } from "./mp4-boxes.ts";
import { frameSamples } from "./plan-segments.ts";
import { writeExactDuration } from "./set-exact-duration.ts";

export interface M4aAudio {
  /** Bytes of each AAC frame, the encoder's delay first. */
  readonly frameBytes: Uint16Array;
  readonly sampleRateHz: number;
  /** Samples per channel, without the encoder's delay and padding. */
  readonly sampleCount: number;
}

/** 24 s, some 380 kB: ffmpeg ends a chunk at 1 MB at the latest. */
const framesPerChunk = 1024;

/**
 * All of an m4a that comes before its first AAC frame, so that frames which lie in storage only need to be joined to it.
 * Tags, cover and the decoder's configuration are those of a template, an m4a that ffmpeg made with the same settings.
 *
 * @throws {Error} if the template is not built as ffmpeg builds an m4a with one audio track, or past 4 GiB of audio.
 */
export function writeM4aHeader(template: Buffer, audio: M4aAudio): Buffer {
  const outermost = [...boxesIn(template, contentOf(template, "m4a"))];
  const contentOfKind = (kind: string): Buffer => {
    const box = outermost.find((other) => other.kind === kind);
    if (!box) throw new Error(`the template holds no ${kind}`);
    return Buffer.from(template.subarray(box.start, box.end));
  };
  const ftyp = makeBox("ftyp", contentOfKind("ftyp"));
  const movie = contentOfKind("moov");
  writeExactDuration(movie, audio.sampleRateHz, audio.sampleCount);
  const tables = tablesOf(audio);
  const moovAt = (audioStart: number) =>
    makeBox(
      "moov",
      rewriteBoxes(movie, contentOf(movie, "moov"), (kind, content) =>
        kind === "stco" ? chunkOffsets(audio.frameBytes, audioStart) : (tables[kind]?.(content) ?? content),
      ),
    );
  // The offsets' number is known before they are.
  const audioStart = ftyp.length + moovAt(0).length + 8;
  const mdatHeader = makeBox("mdat", Buffer.alloc(0));
  mdatHeader.writeUInt32BE(8 + total(audio.frameBytes), 0);
  return Buffer.concat([ftyp, moovAt(audioStart), mdatHeader]);
}

/** What becomes of the boxes that tell of the audio's frames. */
function tablesOf(audio: M4aAudio): Readonly<Record<string, (content: Buffer) => Buffer>> {
  const { frameBytes, sampleRateHz, sampleCount } = audio;
  const frames = frameBytes.length;
  const mediaSamples = sampleCount + frameSamples;
  return {
    mdhd: (content) => withUInt32(content, content[0] === 1 ? 28 : 16, mediaSamples),
    stsd: (content) =>
      withBitRate(content, Math.floor((total(frameBytes) * 8 * sampleRateHz) / mediaSamples)),
    stts: () => sampleDurations(frames, mediaSamples - (frames - 1) * frameSamples),
    stsc: () => framesByChunk(frames),
    stsz: () => table([0, frames], frameBytes),
    // One group over all frames: how many before one must be decoded to begin there.
    sbgp: (content) => withUInt32(content, 12, frames),
  };
}

function sampleDurations(frames: number, lastSamples: number): Buffer {
  if (lastSamples === frameSamples) return table([1], [frames, frameSamples]);
  return table([2], [frames - 1, frameSamples, 1, lastSamples]);
}

/** Runs of chunks: number of the first, frames in each, and the only description there is. */
function framesByChunk(frames: number): Buffer {
  const full = Math.floor(frames / framesPerChunk);
  const rest = frames % framesPerChunk;
  const runs = [...(full > 0 ? [1, framesPerChunk, 1] : []), ...(rest > 0 ? [full + 1, rest, 1] : [])];
  return table([runs.length / 3], runs);
}

function chunkOffsets(frameBytes: Uint16Array, audioStart: number): Buffer {
  const offsets: number[] = [];
  let at = audioStart;
  frameBytes.forEach((bytes, frame) => {
    if (frame % framesPerChunk === 0) offsets.push(at);
    at += bytes;
  });
  return table([offsets.length], offsets);
}

/** A box's content: version and flags of 0, then numbers of 32 bit. */
function table(head: readonly number[], body: ArrayLike<number>): Buffer {
  const content = Buffer.alloc(4 * (1 + head.length + body.length));
  let at = 4;
  for (const value of head) at = content.writeUInt32BE(value, at);
  for (let i = 0; i < body.length; i++) at = content.writeUInt32BE(body[i] ?? 0, at);
  return content;
}

function withUInt32(content: Buffer, offset: number, value: number): Buffer {
  const copy = Buffer.from(content);
  copy.writeUInt32BE(value, offset);
  return copy;
}

/**
 * The mean bit rate, and the highest one if that is lower, in the decoder's configuration (`esds`; ISO/IEC 14496-1,
 * 7.2.6.6) and, where written, in `btrt`.
 */
function withBitRate(stsd: Buffer, bitsPerSec: number): Buffer {
  const copy = Buffer.from(stsd);
  const write = (at: number) => {
    copy.writeUInt32BE(Math.max(bitsPerSec, stsd.readUInt32BE(at)), at);
    copy.writeUInt32BE(bitsPerSec, at + 4);
  };
  const esds = stsd.indexOf("esds", 0, "latin1");
  if (esds < 0) throw new Error("the template's stsd holds no esds");
  // After the name and version: the outer descriptor's head, its number and flags; then the inner one's head.
  const inner = skipDescriptorHead(stsd, esds + 8, 3) + 3;
  write(skipDescriptorHead(stsd, inner, 4) + 5);
  const btrt = stsd.indexOf("btrt", 0, "latin1");
  if (btrt >= 0) write(btrt + 8);
  return copy;
}

/** A length takes as many bytes as have their highest bit set, and one more. */
function skipDescriptorHead(bytes: Buffer, at: number, tag: number): number {
  if (bytes[at] !== tag)
    throw new Error(`expected descriptor ${tag} in the template's esds, got ${bytes[at]}`);
  let end = at + 1;
  while (((bytes[end] ?? 0) & 0x80) !== 0) end += 1;
  return end + 1;
}

function total(frameBytes: Uint16Array): number {
  return frameBytes.reduce((sum, bytes) => sum + bytes, 0);
}
