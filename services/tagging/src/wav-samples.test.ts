import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeWav, sine } from "@segue/synth";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openWavSamples, type SampleSource } from "./wav-samples.ts";

const tone = sine({ durationSec: 0.5, sampleRateHz: 16_000, frequencyHz: 500 });
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "segue-wav-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const source of opened.splice(0)) await source[Symbol.asyncDispose]();
});

async function openBytes(bytes: Buffer): Promise<SampleSource> {
  const source = await openWavSamples(await fileOf(bytes));
  opened.push(source);
  return source;
}

async function fileOf(bytes: Buffer): Promise<string> {
  const path = join(directory, "samples.wav");
  await writeFile(path, bytes);
  return path;
}

describe("openWavSamples", () => {
  it("reads any stretch, within one step of 16 bit", async () => {
    const source = await openBytes(encodeWav({ channels: [tone], sampleRateHz: 16_000, bitDepth: 16 }));
    expect(source.sampleCount).toBe(8000);
    const read = await source.read(100, 50);
    expect(read.length).toBe(50);
    read.forEach((value, i) => {
      expect(Math.abs(value - (tone[100 + i] ?? 0))).toBeLessThan(1 / 32_767);
    });
    expect((await source.read(7990, 50)).length).toBe(10);
    expect((await source.read(9000, 50)).length).toBe(0);
  });

  it("believes the file's end rather than a header that promises more", async () => {
    const bytes = encodeWav({ channels: [tone], sampleRateHz: 16_000, bitDepth: 16 });
    bytes.writeUInt32LE(0xffff_ffff, 40);
    const source = await openBytes(bytes);
    expect(source.sampleCount).toBe(8000);
  });

  it("passes over chunks that it does not know", async () => {
    const bytes = encodeWav({ channels: [tone], sampleRateHz: 16_000, bitDepth: 16 });
    const list = Buffer.concat([Buffer.from("LIST\x05\0\0\0", "latin1"), Buffer.alloc(6)]);
    const source = await openBytes(Buffer.concat([bytes.subarray(0, 36), list, bytes.subarray(36)]));
    expect(source.sampleCount).toBe(8000);
    expect((await source.read(8, 1))[0]).toBeCloseTo(tone[8] ?? 0, 3);
  });

  it.each([
    [
      "another rate",
      encodeWav({ channels: [tone], sampleRateHz: 44_100, bitDepth: 16 }),
      "found 1 channels, 44100 Hz, 16 bit",
    ],
    ["stereo", encodeWav({ channels: [tone, tone], sampleRateHz: 16_000, bitDepth: 16 }), "found 2 channels"],
    ["no WAV", Buffer.from("not a wave file at all"), "found no RIFF/WAVE header"],
    ["an empty file", Buffer.alloc(0), "found no RIFF/WAVE header"],
  ])("refuses %s", async (_what, bytes, message) => {
    await expect(openWavSamples(await fileOf(bytes))).rejects.toThrow(message);
  });
});
