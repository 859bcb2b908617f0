/** Where the samples of an uncompressed file lie: enough to read any stretch of it without the rest. */
export interface PcmLayout {
  readonly dataOffsetBytes: number;
  /** Samples that are really there, whatever the header says: whole frames only. */
  readonly dataBytes: number;
  readonly frameBytes: number;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** What the header says; null where its writer did not know. */
  readonly declaredDurationSec: number | null;
}

/** Reads bytes of a file, `endByte` excluded; fewer where it ends before. */
export type ReadBytes = (startByte: number, endByte: number) => Promise<Buffer>;

interface Format {
  readonly channels: number;
  readonly sampleRateHz: number;
  readonly frameBytes: number;
}

interface Chunk {
  readonly id: string;
  readonly bodyBytes: number;
  readonly headBytes: number;
}

/** How a family of formats spells its chunks. */
interface Dialect {
  readonly firstChunkByte: number;
  /** Bytes to which each chunk is padded. */
  readonly align: number;
  readonly chunkHeadBytes: number;
  parseChunk(head: Buffer): Chunk;
  /** By chunk id, from the first bytes of the chunk's body. */
  readonly formats: Readonly<Record<string, (body: Buffer) => Format | null>>;
  readonly dataId: string;
  /** Between the data chunk's head and the samples. */
  dataPrefixBytes(body: Buffer): number;
}

const maxChunks = 1000;
const windowBytes = 64 * 1024;
/** Sizes from here on mean that the writer did not know. */
const unknown32Bits = 0xffff_ff00;

/**
 * Finds the samples of a WAV, RF64, BW64, Wave64, AIFF or AIFF-C file by its chunks, reading as little as it takes.
 * @returns null for anything else, and for what is damaged or compressed: frames must have one size.
 */
export async function readPcmLayout(read: ReadBytes, sizeBytes: number): Promise<PcmLayout | null> {
  const bytesAt = windowed(read);
  const head = await bytesAt(0, 40);
  const dialect = head.length < 40 ? null : recognise(head);
  if (!dialect) return null;
  let format: Format | null = null;
  let longSize: number | null = null;
  for (let at = dialect.firstChunkByte, chunks = 0; chunks < maxChunks; chunks++) {
    const chunkHead = await bytesAt(at, at + dialect.chunkHeadBytes);
    if (chunkHead.length < dialect.chunkHeadBytes) return null;
    const { id, bodyBytes, headBytes } = dialect.parseChunk(chunkHead);
    const body = await bytesAt(at + headBytes, at + headBytes + Math.min(64, bodyBytes));
    if (id === "ds64" && body.length >= 16) longSize = Number(body.readBigUInt64LE(8));
    format = dialect.formats[id]?.(body) ?? format;
    if (id === dialect.dataId) {
      const prefixBytes = dialect.dataPrefixBytes(body);
      const declared = bodyBytes < unknown32Bits || dialect === wave64 ? bodyBytes - prefixBytes : longSize;
      return format && describe(format, at + headBytes + prefixBytes, declared, sizeBytes);
    }
    at += headBytes + bodyBytes + ((dialect.align - (bodyBytes % dialect.align)) % dialect.align);
  }
  return null;
}

function describe(
  format: Format,
  dataOffsetBytes: number,
  declaredBytes: number | null,
  sizeBytes: number,
): PcmLayout | null {
  const present = Math.max(0, sizeBytes - dataOffsetBytes);
  const known = declaredBytes !== null && declaredBytes > 0 ? declaredBytes : null;
  const frames = Math.floor(Math.min(known ?? present, present) / format.frameBytes);
  if (frames === 0) return null;
  const declaredFrames = known === null ? null : known / format.frameBytes;
  return {
    ...format,
    dataOffsetBytes,
    dataBytes: frames * format.frameBytes,
    declaredDurationSec: declaredFrames === null ? null : declaredFrames / format.sampleRateHz,
  };
}

function windowed(read: ReadBytes): ReadBytes {
  let start = 0;
  let window: Buffer = Buffer.alloc(0);
  return async (from, to) => {
    if (from < start || to > start + window.length) {
      start = from;
      window = await read(from, from + windowBytes);
    }
    return window.subarray(from - start, to - start);
  };
}

function waveFormat(body: Buffer): Format | null {
  if (body.length < 16) return null;
  const channels = body.readUInt16LE(2);
  const sampleRateHz = body.readUInt32LE(4);
  const frameBytes = body.readUInt16LE(12);
  return checked({ channels, sampleRateHz, frameBytes });
}

function commonFormat(body: Buffer): Format | null {
  if (body.length < 18) return null;
  const channels = body.readUInt16BE(0);
  // An 80-bit float: exponent, then a mantissa of 64 bits of which the first is the integer one.
  const exponent = body.readUInt16BE(8) - 16_383 - 31;
  const sampleRateHz = body.readUInt32BE(10) * 2 ** exponent;
  return checked({ channels, sampleRateHz, frameBytes: channels * Math.ceil(body.readUInt16BE(6) / 8) });
}

function checked(format: Format): Format | null {
  const values = [format.channels, format.sampleRateHz, format.frameBytes];
  return values.every((value) => Number.isInteger(value) && value > 0) ? format : null;
}

const riff: Dialect = {
  firstChunkByte: 12,
  align: 2,
  chunkHeadBytes: 8,
  parseChunk: (head) => ({
    id: head.toString("latin1", 0, 4),
    bodyBytes: head.readUInt32LE(4),
    headBytes: 8,
  }),
  formats: { "fmt ": waveFormat },
  dataId: "data",
  dataPrefixBytes: () => 0,
};

const aiff: Dialect = {
  ...riff,
  parseChunk: (head) => ({
    id: head.toString("latin1", 0, 4),
    bodyBytes: head.readUInt32BE(4),
    headBytes: 8,
  }),
  formats: { COMM: commonFormat },
  dataId: "SSND",
  dataPrefixBytes: (body) => 8 + (body.length >= 8 ? body.readUInt32BE(0) : 0),
};

/** Chunks are named by GUIDs whose first four bytes spell the RIFF name; sizes are of 64 bits and include the head. */
const wave64: Dialect = {
  ...riff,
  firstChunkByte: 40,
  align: 8,
  chunkHeadBytes: 24,
  parseChunk: (head) => ({
    id: head.toString("latin1", 0, 4),
    bodyBytes: Math.max(0, Number(head.readBigUInt64LE(16)) - 24),
    headBytes: 24,
  }),
};

function recognise(head: Buffer): Dialect | null {
  const tag = head.toString("latin1", 0, 4);
  const form = head.toString("latin1", 8, 12);
  if ((tag === "RIFF" || tag === "RF64" || tag === "BW64") && form === "WAVE") return riff;
  if (tag === "FORM" && (form === "AIFF" || form === "AIFC")) return aiff;
  return tag === "riff" ? wave64 : null;
}
