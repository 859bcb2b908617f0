/**
 * The raw frames of an ADTS stream (ISO/IEC 13818-7, 6.2), each without its header, as views of the stream.
 *
 * @throws {Error} if it is anything but whole frames of one block each.
 */
export function splitAdts(stream: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const { headerBytes, frameBytes } = readHeader(stream, at);
    if (frameBytes <= headerBytes || at + frameBytes > stream.length) {
      throw new Error(
        `ADTS frame ${frames.length} claims ${frameBytes} bytes; ${stream.length - at} are left of the stream`,
      );
    }
    frames.push(stream.subarray(at + headerBytes, at + frameBytes));
    at += frameBytes;
  }
  return frames;
}

function readHeader(stream: Buffer, at: number): { headerBytes: number; frameBytes: number } {
  const [b0 = 0, b1 = 0, , b3 = 0, b4 = 0, b5 = 0, b6 = 0] = stream.subarray(at, at + 7);
  if (stream.length - at < 7 || b0 !== 0xff || (b1 & 0xf6) !== 0xf0) {
    throw new Error(`expected an ADTS header at byte ${at} of ${stream.length}`);
  }
  if ((b6 & 3) !== 0) throw new Error(`the ADTS frame at byte ${at} holds more than one block`);
  // A checksum follows where the last bit of the second byte is clear.
  return { headerBytes: (b1 & 1) === 1 ? 7 : 9, frameBytes: ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5) };
}

/** Of 44.1 kHz, among the sampling rates that a header can name. */
const canonicalRateIndex = 4;

/** An ADTS stream of raw AAC-LC frames at 44.1 kHz: the reverse of `splitAdts`. */
export function joinAdts(frames: readonly Uint8Array[], channels: number): Buffer {
  return Buffer.concat(frames.flatMap((frame) => [makeHeader(frame.length, channels), frame]));
}

/** Without a checksum; its last bits say that the encoder keeps no reservoir that they could tell the level of. */
function makeHeader(rawBytes: number, channels: number): Buffer {
  const frameBytes = rawBytes + 7;
  const low = 1;
  // biome-ignore format: a byte each.
  return Buffer.from([
    0xff,
    0xf1,
    (low << 6) | (canonicalRateIndex << 2) | (channels >> 2),
    ((channels & 3) << 6) | (frameBytes >> 11),
    (frameBytes >> 3) & 0xff,
    ((frameBytes & 7) << 5) | 0x1f,
    0xfc,
  ]);
}
