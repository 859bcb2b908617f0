import { type BitCursor, peek, take } from "./bits.ts";
import { factorTable, spectralTables, stepOffset } from "./codebooks.ts";

/** Where a channel's gain lies in a frame: all that the channel decodes to is scaled by 2^(gain / 4). */
export interface ChannelGain {
  /** In bits from the buffer's beginning; 8 bits. */
  readonly at: number;
  readonly gain: number;
  /** The lowest scale factor of what is coded, none of which may be below 0; infinite where nothing is. */
  readonly lowestFactor: number;
}

/** What a channel's data are laid out by. */
interface Layout {
  readonly isShort: boolean;
  readonly bands: number;
  /** Windows in each group; one of one for a long window. */
  readonly groups: readonly number[];
}

/** Coefficients at which bands begin and end, at 44.1 kHz (ISO/IEC 14496-3, tables 4.129 and 4.130). */
// biome-ignore format: ten a line.
const longBands: readonly number[] = [
  0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 96, 108, 120, 132, 144, 160, 176, 196, 216, 240, 264, 292, 320,
  352, 384, 416, 448, 480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800, 832, 864, 896, 928, 1024,
];
const shortBands: readonly number[] = [0, 4, 8, 12, 16, 20, 28, 36, 44, 56, 68, 80, 96, 112, 128];

const elements = { single: 0, pair: 1, lowFrequency: 3, data: 4, fill: 6, end: 7 };
const eightShort = 2;
/** From here on a codebook is none, but says that a band is made of noise, or of the other channel. */
const firstUncoded = 12;
const noise = 13;

/**
 * Finds the gain of each channel of an AAC-LC frame at 44.1 kHz (a `raw_data_block`; ISO/IEC 14496-3, 4.4.2), which means to read it
 * from end to end: where the second channel begins only the first one's code words tell.
 *
 * @param start of the frame within the bytes.
 * @throws {Error} if it is no such frame from its first bit to its last.
 */
export function readGains(bytes: Uint8Array, start: number, end: number): ChannelGain[] {
  const cursor = { bytes, at: 8 * start };
  const gains: ChannelGain[] = [];
  for (let element = take(cursor, 3); element !== elements.end; element = take(cursor, 3)) {
    if (cursor.at > 8 * end) break;
    readElement(cursor, element, gains);
  }
  const read = Math.ceil(cursor.at / 8);
  if (read !== end) throw new Error(`an AAC frame of ${end - start} bytes ends after ${read - start}`);
  return gains;
}

function readElement(cursor: BitCursor, element: number, gains: ChannelGain[]): void {
  if (element === elements.fill) skipFill(cursor);
  else if (element === elements.data) skipData(cursor);
  else if (element === elements.pair) readPair(cursor, gains);
  else if (element === elements.single || element === elements.lowFrequency) {
    take(cursor, 4);
    gains.push(readChannel(cursor, null));
  } else throw new Error(`expected channels in an AAC frame, got an element of kind ${element}`);
}

function readPair(cursor: BitCursor, gains: ChannelGain[]): void {
  take(cursor, 4);
  let common: Layout | null = null;
  if (take(cursor, 1) === 1) {
    common = readLayout(cursor);
    // Which bands are a sum and a difference.
    if (take(cursor, 2) === 1) cursor.at += common.groups.length * common.bands;
  }
  gains.push(readChannel(cursor, common), readChannel(cursor, common));
}

function skipFill(cursor: BitCursor): void {
  let count = take(cursor, 4);
  if (count === 15) count += take(cursor, 8) - 1;
  cursor.at += 8 * count;
}

function skipData(cursor: BitCursor): void {
  take(cursor, 4);
  const isAligned = take(cursor, 1) === 1;
  let count = take(cursor, 8);
  if (count === 255) count += take(cursor, 8);
  if (isAligned) cursor.at = 8 * Math.ceil(cursor.at / 8);
  cursor.at += 8 * count;
}

function readLayout(cursor: BitCursor): Layout {
  take(cursor, 1);
  const isShort = take(cursor, 2) === eightShort;
  take(cursor, 1);
  const bands = take(cursor, isShort ? 4 : 6);
  if (bands >= (isShort ? shortBands : longBands).length) throw new Error(`an AAC frame has ${bands} bands`);
  if (!isShort) {
    if (take(cursor, 1) === 1) throw new Error("an AAC frame predicts, which AAC-LC does not");
    return { isShort, bands, groups: [1] };
  }
  const groups = [1];
  for (let window = 1; window < 8; window++) {
    if (take(cursor, 1) === 1) groups.push((groups.pop() ?? 0) + 1);
    else groups.push(1);
  }
  return { isShort, bands, groups };
}

function readChannel(cursor: BitCursor, common: Layout | null): ChannelGain {
  const { at } = cursor;
  const gain = take(cursor, 8);
  const layout = common ?? readLayout(cursor);
  const books = readSections(cursor, layout);
  const lowestFactor = readFactors(cursor, books, gain);
  if (take(cursor, 1) === 1) skipPulses(cursor);
  if (take(cursor, 1) === 1) skipNoiseShaping(cursor, layout);
  if (take(cursor, 1) === 1) throw new Error("an AAC frame controls its gain, which AAC-LC does not");
  skipSpectrum(cursor, layout, books);
  return { at, gain, lowestFactor };
}

/** A band to begin with, then a place and a height for each. */
function skipPulses(cursor: BitCursor): void {
  const pulses = 1 + take(cursor, 2);
  cursor.at += 6 + 9 * pulses;
}

/** The codebook of each band, group after group. */
function readSections(cursor: BitCursor, { isShort, bands, groups }: Layout): Uint8Array {
  const books = new Uint8Array(groups.length * bands);
  const lengthBits = isShort ? 3 : 5;
  const goesOn = (1 << lengthBits) - 1;
  for (let at = 0; at < books.length; ) {
    const groupEnd = at - (at % bands) + bands;
    const book = take(cursor, 4);
    if (book === firstUncoded) throw new Error("an AAC frame uses a codebook that does not exist");
    let length = 0;
    let part = goesOn;
    while (part === goesOn) {
      part = take(cursor, lengthBits);
      length += part;
      if (at + length > groupEnd) throw new Error("an AAC frame's sections pass its bands");
    }
    books.fill(book, at, at + length);
    at += length;
    if (length === 0 && cursor.at > 8 * cursor.bytes.length)
      throw new Error("an AAC frame's sections do not end");
  }
  return books;
}

function readFactors(cursor: BitCursor, books: Uint8Array, gain: number): number {
  const { longestBits, bits, extra } = factorTable;
  let factor = gain;
  let lowest = Number.POSITIVE_INFINITY;
  let isFirstNoise = true;
  for (const book of books) {
    if (book === 0) continue;
    if (book === noise && isFirstNoise) {
      isFirstNoise = false;
      cursor.at += 9;
      continue;
    }
    const code = peek(cursor, longestBits);
    cursor.at += bits[code] as number;
    if (book >= firstUncoded) continue;
    factor += (extra[code] as number) - stepOffset;
    lowest = Math.min(lowest, factor);
  }
  return lowest;
}

function skipNoiseShaping(cursor: BitCursor, { isShort }: Layout): void {
  for (let window = 0; window < (isShort ? 8 : 1); window++) {
    const filters = take(cursor, isShort ? 1 : 2);
    const resolution = filters > 0 ? 3 + take(cursor, 1) : 0;
    for (let filter = 0; filter < filters; filter++) {
      take(cursor, isShort ? 4 : 6);
      const order = take(cursor, isShort ? 3 : 5);
      if (order === 0) continue;
      take(cursor, 1);
      const isCompressed = take(cursor, 1);
      cursor.at += order * (resolution - isCompressed);
    }
  }
}

function skipSpectrum(cursor: BitCursor, { isShort, bands, groups }: Layout, books: Uint8Array): void {
  const edges = isShort ? shortBands : longBands;
  for (const [group, windows] of groups.entries()) {
    for (let band = 0; band < bands; band++) {
      const table = spectralTables[books[group * bands + band] as number];
      if (!table) continue;
      const width = ((edges[band + 1] as number) - (edges[band] as number)) * windows;
      const { longestBits, bits, extra, coefficients } = table;
      for (let i = 0; i < width; i += coefficients) {
        const code = peek(cursor, longestBits);
        cursor.at += bits[code] as number;
        for (let escapes = extra[code] as number; escapes > 0; escapes--) skipEscape(cursor);
      }
    }
  }
}

/** Ones, a zero, and four bits more than there are ones. */
function skipEscape(cursor: BitCursor): void {
  let ones = 0;
  while (take(cursor, 1) === 1 && ones < 9) ones += 1;
  cursor.at += ones + 4;
}
