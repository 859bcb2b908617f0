import { latin1, uint16BE } from "./bytes.ts";

const crc8Table = crcTable(0x07, 8);
const crc16Table = crcTable(0x8005, 16);

function crcTable(polynomial: number, bits: number): Uint16Array {
  const top = 1 << (bits - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) crc = crc & top ? (crc << 1) ^ polynomial : crc << 1;
    return crc & ((1 << bits) - 1);
  });
}

const crc8 = (bytes: Uint8Array) => bytes.reduce((crc, byte) => crc8Table[crc ^ byte] ?? 0, 0);
const crc16 = (bytes: Uint8Array) =>
  bytes.reduce((crc, byte) => ((crc << 8) & 0xffff) ^ (crc16Table[(crc >> 8) ^ byte] ?? 0), 0);

const blockSize = 65_535;

/**
 * A FLAC of digital silence, one constant subframe of 65535 samples per frame: 14 bytes for 1.5 s at 44.1 kHz, for 18
 * hours at 1 Hz. Every checksum is right (RFC 9639).
 */
export function silentFlac(options: { frames: number; sampleRateHz: number }): Buffer {
  const { frames, sampleRateHz } = options;
  const frame = (index: number) => {
    // Fixed blocks; block size in 16 bits at the header's end; rate as in STREAMINFO; mono; 16 bit.
    const head = Buffer.concat([
      Buffer.from([0xff, 0xf8, 0x70, 0x08]),
      codedNumber(index),
      uint16BE(blockSize - 1),
    ]);
    const body = Buffer.concat([head, Buffer.from([crc8(head), 0x00, 0, 0])]);
    return Buffer.concat([body, uint16BE(crc16(body))]);
  };
  const info = streamInfo({ sampleRateHz, sampleCount: frames * blockSize });
  return Buffer.concat([info, ...Array.from({ length: frames }, (_, index) => frame(index))]);
}

/** `fLaC` and a STREAMINFO block, the last one: mono, 16 bit. */
export function streamInfo(options: { sampleRateHz: number; sampleCount: number }): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(blockSize, 0);
  info.writeUInt16BE(blockSize, 2);
  const fields =
    (BigInt(options.sampleRateHz) << 44n) | (15n << 36n) | (BigInt(options.sampleCount) & ((1n << 36n) - 1n));
  info.writeBigUInt64BE(fields, 10);
  return Buffer.concat([latin1("fLaC"), Buffer.from([0x80, 0, 0, 34]), info]);
}

/** UTF-8's scheme, as FLAC counts frames; up to 2^21. */
function codedNumber(value: number): Buffer {
  if (value < 0x80) return Buffer.from([value]);
  if (value < 0x800) return Buffer.from([0xc0 | (value >> 6), 0x80 | (value & 0x3f)]);
  if (value < 0x10000)
    return Buffer.from([0xe0 | (value >> 12), 0x80 | ((value >> 6) & 0x3f), 0x80 | (value & 0x3f)]);
  return Buffer.from([
    0xf0 | (value >> 18),
    0x80 | ((value >> 12) & 0x3f),
    0x80 | ((value >> 6) & 0x3f),
    0x80 | (value & 0x3f),
  ]);
}
