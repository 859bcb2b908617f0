import { encodeWav } from "@segue/synth";

/** A WAV of a sine at half of full scale, mono. */
export function tone(hz: number, sec = 2): Buffer {
  const samples = Float32Array.from(
    { length: sec * 44_100 },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / 44_100),
  );
  return encodeWav({ channels: [samples], sampleRateHz: 44_100, bitDepth: 16 });
}
