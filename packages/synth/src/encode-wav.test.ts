import { describe, expect, it } from "vitest";
import { type BitDepth, encodeWav } from "./encode-wav.ts";

/** Reads the chunks back the way a strict reader does, failing on sizes that do not add up. */
function readChunks(wav: Buffer): Map<string, Buffer> {
  expect(wav.toString("latin1", 0, 4)).toBe("RIFF");
  expect(wav.toString("latin1", 8, 12)).toBe("WAVE");
  expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
  const chunks = new Map<string, Buffer>();
  let at = 12;
  while (at < wav.length) {
    const size = wav.readUInt32LE(at + 4);
    chunks.set(wav.toString("latin1", at, at + 4), wav.subarray(at + 8, at + 8 + size));
    at += 8 + size + (size % 2);
  }
  expect(at).toBe(wav.length);
  return chunks;
}

const channels = [Float32Array.of(0, 0.5, -1, 2, Number.NaN)];

describe("encodeWav", () => {
  it.each<[BitDepth, number, number]>([
    [16, 1, 2],
    [24, 1, 3],
    [32, 1, 4],
    ["float", 3, 4],
  ])("writes a header that matches its data at depth %s", (bitDepth, format, bytes) => {
    const chunks = readChunks(encodeWav({ channels, sampleRateHz: 48_000, bitDepth }));
    const fmt = chunks.get("fmt ") ?? Buffer.alloc(18);
    expect(fmt.readUInt16LE(0)).toBe(format);
    expect(fmt.readUInt16LE(2)).toBe(1);
    expect(fmt.readUInt32LE(4)).toBe(48_000);
    expect(fmt.readUInt32LE(8)).toBe(48_000 * bytes);
    expect(fmt.readUInt16LE(14)).toBe(bytes * 8);
    expect(chunks.get("data")?.length).toBe(5 * bytes);
  });

  it("clamps and rounds integers, and writes NaN as 0", () => {
    const data = readChunks(encodeWav({ channels, sampleRateHz: 8000, bitDepth: 16 })).get("data");
    expect([0, 2, 4, 6, 8].map((at) => data?.readInt16LE(at))).toEqual([0, 16_384, -32_767, 32_767, 0]);
    const deep = readChunks(encodeWav({ channels, sampleRateHz: 8000, bitDepth: 24 })).get("data");
    expect([0, 3, 6, 9, 12].map((at) => deep?.readIntLE(at, 3))).toEqual([
      0, 4_194_304, -8_388_607, 8_388_607, 0,
    ]);
  });

  it("keeps floats as they are", () => {
    const data = readChunks(encodeWav({ channels, sampleRateHz: 8000, bitDepth: "float" })).get("data");
    expect([0, 4, 8, 12, 16].map((at) => data?.readFloatLE(at))).toEqual([0, 0.5, -1, 2, Number.NaN]);
  });

  it("interleaves channels and refuses unequal ones", () => {
    const stereo = [Float32Array.of(0.1, 0.2), Float32Array.of(-0.1, -0.2)];
    const data = readChunks(encodeWav({ channels: stereo, sampleRateHz: 8000, bitDepth: 16 })).get("data");
    expect([0, 2, 4, 6].map((at) => data?.readInt16LE(at))).toEqual([3277, -3277, 6553, -6553]);
    const unequal = [Float32Array.of(0), Float32Array.of(0, 0)];
    expect(() => encodeWav({ channels: unequal, sampleRateHz: 8000, bitDepth: 16 })).toThrow("equally long");
  });
});
