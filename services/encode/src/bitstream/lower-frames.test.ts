import { readFile, writeFile } from "node:fs/promises";
import { fileUrl, runFfmpeg } from "@segue/audio";
import { createTestDir, type TestDir } from "@segue/audio/testing";
import { encodeWav } from "@segue/dsp";
import { clickTrack, demoTrack, pinkNoise, sine, whiteNoise } from "@segue/synth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aacArgs } from "../aac-args.ts";
import { joinAdts, splitAdts } from "../split-adts.ts";
import { lowerFrames } from "./lower-frames.ts";
import { readGains } from "./read-gains.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const durationSec = 3;
const length = durationSec * 44_100;

/** Bare frames as the product's encoder makes them. */
async function encode(channels: readonly ArrayLike<number>[]): Promise<Buffer[]> {
  const samples = Int16Array.from({ length: length * channels.length }, (_, i) =>
    Math.round(32_767 * (channels[i % channels.length]?.[Math.floor(i / channels.length)] ?? 0)),
  );
  const path = dir.path("in.wav");
  await writeFile(path, encodeWav(samples, { sampleRateHz: 44_100, channels: channels.length }));
  const out = dir.path("out.aac");
  await runFfmpeg(["-i", fileUrl(path), ...aacArgs, "-f", "adts", "-y", fileUrl(out)]);
  return splitAdts(await readFile(out));
}

async function decode(frames: readonly Uint8Array[], channels: number): Promise<Float32Array> {
  const path = dir.path("back.aac");
  await writeFile(path, joinAdts(frames, channels));
  const chunks: Buffer[] = [];
  const raw = ["-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"];
  await runFfmpeg(["-i", fileUrl(path), ...raw], { onStdout: (chunk) => chunks.push(chunk) });
  return new Float32Array(Uint8Array.from(Buffer.concat(chunks)).buffer);
}

function lowered(frames: readonly Buffer[], steps: number): Buffer[] {
  const bytes = Buffer.concat(frames);
  const sizes = frames.map((frame) => frame.length);
  lowerFrames(bytes, sizes, steps);
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return bytes.subarray(end - size, end);
  });
}

const tone = sine({ frequencyHz: 3_000, durationSec, amplitude: 0.9, sampleRateHz: 44_100 });
const music = () => {
  const { left, right } = demoTrack();
  return [left, right].map((channel) => channel.subarray(30 * 44_100, 30 * 44_100 + length));
};
const signals: Record<string, () => readonly ArrayLike<number>[]> = {
  music,
  "one channel of it": () => music().slice(0, 1),
  "channels that have nothing in common": () => [whiteNoise({ durationSec, seed: 1 }), tone],
  // Coded as noise, above some frequency: a decoder makes it up.
  "quiet noise": () => [pinkNoise({ durationSec, seed: 3, amplitude: 0.02, sampleRateHz: 44_100 })],
  "clicks, in short windows": () => [clickTrack({ bpm: 300, durationSec })],
  "the same in both channels": () => [tone, tone],
  "nothing, and then a last bit": () => [
    Float32Array.from({ length }, (_, i) => (i > length / 2 ? (i % 2) / 32_767 : 0)),
  ],
};

test.each(Object.keys(signals))("%s: steps lower all of it by the same", async (what) => {
  const channels = signals[what]?.() ?? [];
  const frames = await encode(channels);
  const before = await decode(frames, channels.length);
  for (const steps of [1, 2, 5]) {
    const after = await decode(lowered(frames, steps), channels.length);
    expect(after.length).toBe(before.length);
    const gain = 2 ** (-steps / 4);
    let most = 0;
    for (const [i, sample] of before.entries())
      most = Math.max(most, Math.abs((after[i] ?? 0) - gain * sample));
    expect(most).toBeLessThan(2e-6);
  }
});

test("what is no frame of AAC-LC, or not all of one, is refused", async () => {
  const [, frame = Buffer.alloc(0), next = Buffer.alloc(0)] = await encode(music());
  expect(readGains(frame, 0, frame.length)).toHaveLength(2);
  expect(() => readGains(frame, 0, frame.length - 1)).toThrow(/an AAC frame/);
  expect(() => readGains(Buffer.concat([frame, next]), 0, frame.length + next.length)).toThrow(
    `an AAC frame of ${frame.length + next.length} bytes ends after ${frame.length}`,
  );
  expect(() => readGains(Buffer.alloc(400, 0xa5), 0, 400)).toThrow(/an AAC frame/);
  expect(() => readGains(Buffer.alloc(0), 0, 0)).toThrow(/an AAC frame/);
  expect(() => lowerFrames(Buffer.concat([frame, next]), [frame.length], 1)).toThrow(
    `AAC frames of ${frame.length} bytes lie in ${frame.length + next.length}`,
  );
});

test("any bits at all are read to an end, or refused", () => {
  let state = 7;
  for (let round = 0; round < 2_000; round++) {
    const bytes = Uint8Array.from({ length: 200 }, () => {
      state = (state * 48_271) % 0x7fffffff;
      return state & 0xff;
    });
    // A pair of channels, which random bits seldom begin with.
    bytes[0] = 0x21;
    try {
      readGains(bytes, 0, bytes.length);
    } catch (error) {
      expect((error as Error).message).toMatch(/AAC frame/);
    }
  }
});
