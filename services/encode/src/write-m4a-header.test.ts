import { readFile, writeFile } from "node:fs/promises";
import { fileUrl } from "@segue/audio";
import { createTestDir, makeFile, readChannel, type TestDir } from "@segue/audio/testing";
import { encodeWav } from "@segue/dsp";
import { whiteNoise } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aacArgs } from "./aac-args.ts";
import { encodeAac, writeM4a } from "./encode-aac.ts";
import { boxesIn, contentOf } from "./mp4-boxes.ts";
import { splitAdts } from "./split-adts.ts";
import { writeM4aHeader } from "./write-m4a-header.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const common = () => ({ masterPath: null, scratchDir: dir.path("") });
const tags = { title: "Ünï ☃", artist: "Группа" };

/** The same audio as ffmpeg's muxer writes it, and as our header stands before the bare frames. */
async function writeBoth(sampleCount: number) {
  const noise = whiteNoise({ durationSec: sampleCount / 44_100, seed: 1, amplitude: 8000 });
  const pcmPath = dir.path("in.wav");
  await writeFile(pcmPath, encodeWav(Int16Array.from(noise), { sampleRateHz: 44_100, channels: 1 }));
  await encodeAac({ ...common(), pcmPath, tags, outPath: dir.path("ffmpeg.m4a") }, {});
  const adts = await makeFile(dir.path("a.aac"), ["-i", fileUrl(pcmPath), ...aacArgs, "-f", "adts"]);
  const frames = splitAdts(await readFile(adts));
  const silence = dir.path("silence.wav");
  await writeFile(silence, encodeWav(new Int16Array(1024), { sampleRateHz: 44_100, channels: 1 }));
  await writeM4a({ ...common(), pcmPath: silence, tags, outPath: dir.path("template") });
  const header = writeM4aHeader(await readFile(dir.path("template")), {
    frameBytes: Uint16Array.from(frames, ({ length }) => length),
    sampleRateHz: 44_100,
    sampleCount,
  });
  await writeFile(dir.path("ours.m4a"), Buffer.concat([header, ...frames]));
  return { ffmpeg: await readFile(dir.path("ffmpeg.m4a")), ours: await readFile(dir.path("ours.m4a")) };
}

function box(file: Buffer, kind: string): Buffer {
  const found = [...boxesIn(file, contentOf(file, "m4a"))].find((other) => other.kind === kind);
  if (!found) throw new Error(`no ${kind}`);
  return Buffer.from(file.subarray(found.start, found.end));
}

describe("against ffmpeg's own muxer", () => {
  test.each([1024, 1025, 44_100, 1023 * 1024])(
    "%i samples: the same index but for where the audio begins",
    async (sampleCount) => {
      const { ffmpeg, ours } = await writeBoth(sampleCount);
      expect(box(ours, "mdat").equals(box(ffmpeg, "mdat"))).toBe(true);
      const [theirIndex, ourIndex] = [box(ffmpeg, "moov"), box(ours, "moov")];
      for (const [file, index] of [
        [ffmpeg, theirIndex],
        [ours, ourIndex],
      ] as const) {
        const stco = index.indexOf("stco") + 12;
        expect(index.readUInt32BE(stco)).toBe(file.indexOf("mdat") + 4);
        index.writeUInt32BE(0, stco);
      }
      expect(ourIndex.equals(theirIndex)).toBe(true);
    },
  );

  test("several chunks: every frame is found, and the sound is the same", async () => {
    const { ours } = await writeBoth(50 * 44_100);
    const stco = ours.indexOf("stco") + 4;
    expect(ours.readUInt32BE(stco + 4)).toBe(3);
    const decoded: Int16Array[] = [];
    for (const name of ["ffmpeg", "ours"]) {
      const wav = await makeFile(dir.path(`${name}.wav`), ["-i", fileUrl(dir.path(`${name}.m4a`))]);
      decoded.push(await readChannel(wav, 0, 1));
    }
    const [theirs = new Int16Array(), mine = new Int16Array()] = decoded;
    expect(Buffer.from(mine.buffer).equals(Buffer.from(theirs.buffer))).toBe(true);
  });
});

test("a template that is not built as expected is refused", () => {
  const audio = { frameBytes: Uint16Array.of(1), sampleRateHz: 44_100, sampleCount: 1 };
  expect(() => writeM4aHeader(Buffer.alloc(0), audio)).toThrow("the template holds no ftyp");
});
