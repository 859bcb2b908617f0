import { createHash } from "node:crypto";

const sampleRateHz = 8_000;
const samples = 800;
/** At the start, in which each file says which one it is. */
const marked = 8;

export interface TinyAudio {
  readonly bytes: Uint8Array;
  /** In hex. */
  readonly sha256: string;
}

/** A tenth of a second of a tone, as a WAV of 844 bytes: another one for each number from 0 to 2^48 - 1. */
export function makeTinyAudio(number: number): TinyAudio {
  const wav = Buffer.alloc(44 + samples);
  wav.write("RIFF", 0, "latin1");
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write("WAVEfmt ", 8, "latin1");
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(sampleRateHz, 24);
  wav.writeUInt32LE(sampleRateHz, 28);
  wav.writeUInt16LE(1, 32);
  wav.writeUInt16LE(8, 34);
  wav.write("data", 36, "latin1");
  wav.writeUInt32LE(samples, 40);
  const perSample = (2 * Math.PI * (220 + (number % 660))) / sampleRateHz;
  for (let n = 0; n < samples; n++) wav[44 + n] = 128 + Math.round(80 * Math.sin(perSample * n));
  wav.writeUIntBE(number, 44 + marked - 6, 6);
  return { bytes: wav, sha256: createHash("sha256").update(wav).digest("hex") };
}
