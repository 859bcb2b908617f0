/** One box of an MP4 file (ISO/IEC 14496-12), as a range of the buffer that holds it. */
export interface Box {
  readonly kind: string;
  /** Where its content begins. */
  readonly start: number;
  readonly end: number;
}

const headerBytes = 8;

/** The boxes that lie one after the other in a range; ends at the first that does not fit into it. */
export function* boxesIn(bytes: Buffer, { start, end }: Box): Generator<Box, void, void> {
  for (let at = start; at + headerBytes <= end; ) {
    const size = bytes.readUInt32BE(at);
    if (size < headerBytes || at + size > end) return;
    yield { kind: bytes.toString("latin1", at + 4, at + 8), start: at + headerBytes, end: at + size };
    at += size;
  }
}

/** A whole buffer as the content of a box. */
export function contentOf(bytes: Buffer, kind: string): Box {
  return { kind, start: 0, end: bytes.length };
}

/** @throws {Error} if the parent holds no such box. */
export function findBox(bytes: Buffer, parent: Box, kind: string): Box {
  for (const box of boxesIn(bytes, parent)) if (box.kind === kind) return box;
  throw new Error(`the m4a's ${parent.kind} holds no ${kind}`);
}

/** A box with its size and kind before its content. */
export function makeBox(kind: string, content: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(headerBytes + content.length, 0);
  header.write(kind, 4, "latin1");
  return Buffer.concat([header, content]);
}

/** Between `moov` and a track's tables: the boxes that hold nothing but boxes. */
const containers: ReadonlySet<string> = new Set(["moov", "trak", "edts", "mdia", "minf", "stbl"]);

/** Rewrites the content of every box below one, of those that hold no boxes themselves, and all sizes with it. */
export function rewriteBoxes(
  bytes: Buffer,
  parent: Box,
  rewrite: (kind: string, content: Buffer) => Buffer,
): Buffer {
  return Buffer.concat(
    [...boxesIn(bytes, parent)].map((box) =>
      makeBox(
        box.kind,
        containers.has(box.kind)
          ? rewriteBoxes(bytes, box, rewrite)
          : rewrite(box.kind, bytes.subarray(box.start, box.end)),
      ),
    ),
  );
}
