import { latin1, uint16LE, uint32LE } from "./bytes.ts";

export interface WavHeader {
  /** 1 is PCM, 3 is float. */
  readonly formatTag?: number;
  readonly channels?: number;
  readonly sampleRateHz?: number;
  readonly bits?: number;
  readonly blockAlignBytes?: number;
  /** What the header says of the data's length, where it is not the truth. */
  readonly declaredDataBytes?: number;
  readonly declaredRiffBytes?: number;
  /** Whole chunks that stand before the samples. */
  readonly chunksBefore?: Uint8Array;
  readonly chunksAfter?: Uint8Array;
}

/** A RIFF/WAVE file whose header says just what it is told to say. */
export function wavOf(samples: Uint8Array, header: WavHeader = {}): Buffer {
  const { formatTag = 1, channels = 1, sampleRateHz = 44_100, bits = 16 } = header;
  const blockAlignBytes = header.blockAlignBytes ?? Math.min(65_535, Math.ceil((channels * bits) / 8));
  const bytesPerSec = Math.min(0xffffffff, sampleRateHz * blockAlignBytes);
  const format = [uint16LE(formatTag), uint16LE(channels), uint32LE(sampleRateHz), uint32LE(bytesPerSec)];
  const body = Buffer.concat([
    latin1("WAVE"),
    chunk("fmt ", Buffer.concat([...format, uint16LE(blockAlignBytes), uint16LE(bits)])),
    header.chunksBefore ?? Buffer.alloc(0),
    latin1("data"),
    uint32LE(header.declaredDataBytes ?? samples.length),
    samples,
    header.chunksAfter ?? Buffer.alloc(0),
  ]);
  return Buffer.concat([latin1("RIFF"), uint32LE(header.declaredRiffBytes ?? body.length), body]);
}

export function chunk(id: string, content: Uint8Array, declaredBytes = content.length): Buffer {
  return Buffer.concat([latin1(id), uint32LE(declaredBytes), content, Buffer.alloc(content.length % 2)]);
}

/** 16-bit samples of one channel, a function of time in seconds with values in [-1, 1]. */
export function samples16(
  durationSec: number,
  wave: (timeSec: number) => number,
  sampleRateHz = 44_100,
): Buffer {
  const samples = Int16Array.from({ length: Math.round(durationSec * sampleRateHz) }, (_, i) =>
    Math.max(-32_768, Math.min(32_767, Math.round(wave(i / sampleRateHz) * 32_767))),
  );
  return Buffer.from(samples.buffer);
}

export function samplesFloat(length: number, wave: (index: number) => number): Buffer {
  return Buffer.from(Float32Array.from({ length }, (_, i) => wave(i)).buffer);
}

export const sine440 = (timeSec: number) => 0.5 * Math.sin(2 * Math.PI * 440 * timeSec);
