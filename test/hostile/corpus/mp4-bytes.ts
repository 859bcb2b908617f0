import { latin1, uint16BE, uint32BE } from "./bytes.ts";

/** An ISO base media box; `declaredBytes` where its header is to lie. */
export function box(kind: string, content: Uint8Array, declaredBytes = content.length + 8): Buffer {
  return Buffer.concat([uint32BE(declaredBytes), latin1(kind), content]);
}

export interface BoxPlace {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

const parents = new Set(["moov", "trak", "mdia", "minf", "stbl", "dinf", "edts", "udta"]);

/** Every box of a whole file, those within others included, in the order of the file. */
export function boxesOf(bytes: Buffer, start = 0, end = bytes.length): BoxPlace[] {
  const places: BoxPlace[] = [];
  for (let at = start; at + 8 <= end; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8) break;
    const kind = bytes.toString("latin1", at + 4, at + 8);
    places.push({ kind, start: at, end: at + size });
    if (parents.has(kind)) places.push(...boxesOf(bytes, at + 8, at + size));
    at += size;
  }
  return places;
}

export function boxOf(bytes: Buffer, kind: string): BoxPlace {
  const place = boxesOf(bytes).find((other) => other.kind === kind);
  if (!place) throw new Error(`expected a box "${kind}"`);
  return place;
}

/**
 * A copy in which boxes are replaced, or left out where `replace` gives no bytes. Offsets into the file stay as they
 * are: the index must stand last.
 */
export function rebuilt(original: Buffer, replace: (kind: string) => Buffer | undefined): Buffer {
  const rebuild = (start: number, end: number): Buffer => {
    const parts: Buffer[] = [];
    for (let at = start; at + 8 <= end; at += original.readUInt32BE(at)) {
      const size = original.readUInt32BE(at);
      const kind = original.toString("latin1", at + 4, at + 8);
      const isParent = parents.has(kind) && kind !== "udta";
      const kept = () =>
        isParent ? box(kind, rebuild(at + 8, at + size)) : original.subarray(at, at + size);
      parts.push(replace(kind) ?? kept());
    }
    return Buffer.concat(parts);
  };
  return rebuild(0, original.length);
}

/**
 * A small file that says it holds one packet `repeats` times over: each entry of its chunk offset table points to
 * the same bytes. Made of an MP4 with one track, index last.
 */
export function repeatFirstPacket(original: Buffer, repeats: number): Buffer {
  const word = (kind: string) => original.readUInt32BE(boxOf(original, kind).start + 20);
  const replacements: Readonly<Record<string, Buffer>> = {
    edts: Buffer.alloc(0),
    stco: stco(repeats, boxOf(original, "mdat").start + 8),
    stsz: fullBox("stsz", [word("stsz"), repeats]),
    stsc: fullBox("stsc", [1, 1, 1, 1]),
    stts: fullBox("stts", [1, repeats, word("stts")]),
  };
  return rebuilt(original, (kind) => replacements[kind]);
}

/** A data reference that names a file by its absolute path, as QuickTime's aliases do. */
export function aliasReference(path: string): Buffer {
  const name = Buffer.from(path, "utf8");
  const padded = Buffer.concat([name, Buffer.alloc(name.length % 2)]);
  const record = Buffer.concat([uint16BE(2), uint16BE(name.length), padded, uint16BE(0xffff), uint16BE(0)]);
  const alias = fullBoxOf("alis", Buffer.concat([Buffer.alloc(150), record]));
  return fullBoxOf("dref", Buffer.concat([uint32BE(1), alias]));
}

function fullBox(kind: string, words: readonly number[]): Buffer {
  return fullBoxOf(kind, Buffer.concat(words.map(uint32BE)));
}

function fullBoxOf(kind: string, content: Uint8Array): Buffer {
  return box(kind, Buffer.concat([uint32BE(0), content]));
}

function stco(entries: number, offsetBytes: number): Buffer {
  const table = Buffer.alloc(entries * 4);
  for (let i = 0; i < entries; i++) table.writeUInt32BE(offsetBytes, i * 4);
  return fullBoxOf("stco", Buffer.concat([uint32BE(entries), table]));
}
