import { type FileHandle, open, writeFile } from "node:fs/promises";
import { encodeWavHeader, readWavChunks, readWavInfo, wavHeaderBytes } from "@segue/dsp";

const fullScale = 32_768;

/** Where each goes. */
export interface MidSidePaths {
  readonly mid: string;
  readonly side: string;
  /** JSON. */
  readonly width: string;
}

/** Splits a stereo WAV of 16-bit samples, a chunk at a time: memory stays flat, however long the track is. */
export async function splitMidSide(path: string, to: MidSidePaths) {
  const mid = await open(to.mid, "w");
  try {
    const side = await open(to.side, "w");
    try {
      return await splitInto(path, mid, side, to.width);
    } finally {
      await side.close();
    }
  } finally {
    await mid.close();
  }
}

async function splitInto(path: string, midFile: FileHandle, sideFile: FileHandle, widthPath: string) {
  const { sampleRateHz } = await readWavInfo(path);
  const mid = createMonoWav(midFile, sampleRateHz);
  const side = createMonoWav(sideFile, sampleRateHz);
  const width = createWidthMeter(sampleRateHz);
  for await (const chunk of readWavChunks(path)) {
    const middle = new Int16Array(chunk.length >> 1);
    const apart = new Int16Array(chunk.length >> 1);
    for (let frame = 0; frame < middle.length; frame++) {
      const [left, right] = [chunk[2 * frame] ?? 0, chunk[2 * frame + 1] ?? 0];
      middle[frame] = (left + right) >> 1;
      apart[frame] = (left - right) >> 1;
      width.add(middle[frame] ?? 0, apart[frame] ?? 0);
    }
    await mid.write(middle);
    await side.write(apart);
  }
  const measured = width.end();
  await writeFile(widthPath, JSON.stringify({ perSec: measured.perSec }));
  return { mid: await mid.end(), side: await side.end(), width: { width: measured.width } };
}

/** A WAV of one channel whose length is known at its end: its header is written last. */
function createMonoWav(file: FileHandle, sampleRateHz: number) {
  let [samples, peak] = [0, 0];
  return {
    async write(chunk: Int16Array) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      await file.write(bytes, 0, bytes.length, wavHeaderBytes + 2 * samples);
      samples += chunk.length;
      peak = chunk.reduce((most, sample) => Math.max(most, Math.abs(sample)), peak);
    },
    async end() {
      const header = encodeWavHeader(2 * samples, { sampleRateHz, channels: 1 });
      await file.write(header, 0, wavHeaderBytes, 0);
      return { durationSec: samples / sampleRateHz, peak: peak / fullScale };
    },
  };
}

/** The side's part of the energy, of each second and of all. */
function createWidthMeter(sampleRateHz: number) {
  const perSec: number[] = [];
  const all = { mid: 0, side: 0 };
  let now = { mid: 0, side: 0, frames: 0 };
  const endSecond = () => {
    if (now.frames > 0) perSec.push(partOf(now));
    now = { mid: 0, side: 0, frames: 0 };
  };
  return {
    add(mid: number, side: number) {
      all.mid += mid * mid;
      all.side += side * side;
      now.mid += mid * mid;
      now.side += side * side;
      now.frames += 1;
      if (now.frames === sampleRateHz) endSecond();
    },
    end() {
      endSecond();
      return { width: partOf(all), perSec };
    },
  };
}

function partOf({ mid, side }: { readonly mid: number; readonly side: number }): number {
  return mid + side > 0 ? side / (mid + side) : 0;
}
