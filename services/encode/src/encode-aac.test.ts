import { readFile, writeFile } from "node:fs/promises";
import { probeAudio, readTags } from "@segue/audio";
import { createTestDir, makeFile, readChannel, sine, type TestDir } from "@segue/audio/testing";
import { Aac } from "@segue/contracts";
import { encodeWav } from "@segue/dsp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeAac } from "./encode-aac.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

const out = () => dir.path("out.m4a");

async function encode(pcmPath: string, masterPath = pcmPath) {
  const options = {
    pcmPath,
    // As decoding hands them on.
    tags: (await readTags(masterPath)).tags,
    masterPath,
    outPath: out(),
    scratchDir: dir.path(""),
  };
  return Aac.facts.parse(await encodeAac(options, {}));
}

async function pcm(samples: ArrayLike<number>, channels = 1): Promise<string> {
  const path = dir.path("in.wav");
  await writeFile(path, encodeWav(Int16Array.from(samples), { sampleRateHz: 44_100, channels }));
  return path;
}

/** Noise: a start that is shifted by a single sample no longer correlates. */
function noise(length: number): number[] {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 0x7fffffff;
    return ((state / 0x7fffffff) * 2 - 1) * 8000;
  });
}

const decodeBack = () =>
  makeFile(dir.path("back.wav"), ["-i", `file:${out()}`, "-map", "0:a", "-c:a", "pcm_s16le"]);

/** The kinds of the file's outermost boxes, in order, and the first of a kind anywhere below them. */
function boxes(bytes: Buffer): string[] {
  const kinds: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at))
    kinds.push(bytes.toString("latin1", at + 4, at + 8));
  return kinds;
}

describe("the file", () => {
  test("it is AAC-LC near 128 kbit/s whose index comes before its audio", async () => {
    const facts = await encode(await pcm(noise(2 * 44_100 * 5), 2));
    expect(facts).toMatchObject({
      codec: "aac",
      bitRateKbps: 128,
      sampleRateHz: 44_100,
      channels: 2,
      durationSec: 5,
      hasCover: false,
      warnings: [],
    });
    const bytes = await readFile(out());
    expect(bytes.length).toBe(facts.sizeBytes);
    expect((bytes.length * 8) / 5 / 1000).toBeGreaterThan(110);
    expect((bytes.length * 8) / 5 / 1000).toBeLessThan(145);
    const kinds = boxes(bytes);
    expect(kinds[0]).toBe("ftyp");
    expect(kinds.indexOf("moov")).toBeLessThan(kinds.indexOf("mdat"));
    const { audioStreams } = await probeAudio(out());
    expect(audioStreams).toMatchObject([{ codec: "aac", sampleRateHz: 44_100, channels: 2 }]);
  });

  test("the encoder's delay is trimmed: decoded again, the sound starts where it started", async () => {
    const original = noise(44_100 * 2);
    await encode(await pcm(original));
    const decoded = await readChannel(await decodeBack(), 0, 1);
    // Padding of the last frame may remain: a decoder gives whole frames of 1024.
    expect(decoded.length).toBeGreaterThanOrEqual(original.length);
    expect(decoded.length).toBeLessThan(original.length + 1024);
    const shifts = Array.from({ length: 2101 }, (_, i) => i - 1050);
    const best = shifts.reduce((winner, shift) =>
      correlate(original, decoded, shift) > correlate(original, decoded, winner) ? shift : winner,
    );
    expect(best).toBe(0);
  });

  test("its edit list declares exactly the samples that went in", async () => {
    await encode(await pcm(noise(44_100)));
    const bytes = await readFile(out());
    const mdhd = bytes.indexOf("mdhd");
    const elst = bytes.indexOf("elst");
    const mvhd = bytes.indexOf("mvhd");
    const mediaTime = bytes.readInt32BE(elst + 4 + 8 + 4);
    expect(mediaTime).toBe(1024);
    expect(bytes.readUInt32BE(elst + 4 + 8)).toBe(44_100);
    expect(bytes.readUInt32BE(mvhd + 4 + 12)).toBe(44_100);
    expect(bytes.readUInt32BE(mdhd + 16)).toBe(44_100);
    expect(bytes.readUInt32BE(mdhd + 20) - mediaTime).toBe(44_100);
  });

  test.each([1, 100, 1023, 1024, 1025, 13_230])("%i samples", async (length) => {
    const facts = await encode(await pcm(noise(length)));
    expect(facts.sizeBytes).toBeGreaterThan(500);
    const decoded = await readChannel(await decodeBack(), 0, 1);
    expect(decoded.length).toBeGreaterThanOrEqual(length);
  });

  test("silence is encoded as silence", async () => {
    await encode(await pcm(new Int16Array(44_100)));
    expect(new Set(await readChannel(await decodeBack(), 0, 1))).toEqual(new Set([0]));
  });
});

function correlate(a: readonly number[], b: Int16Array, shift: number): number {
  let sum = 0;
  for (let i = 5000; i < 25_000; i++) sum += (a[i] ?? 0) * (b[i + shift] ?? 0);
  return sum;
}

describe("what is carried over", () => {
  const cover = (name: string, ...args: string[]) =>
    makeFile(dir.path(name), [
      "-f",
      "lavfi",
      "-i",
      "testsrc=s=300x300",
      "-frames:v",
      "1",
      "-threads",
      "1",
      ...args,
    ]);
  const withCover = (name: string, picture: string) =>
    makeFile(dir.path(name), [
      ...sine({}),
      "-i",
      `file:${picture}`,
      "-map",
      "0",
      "-map",
      "1",
      "-c:v",
      "copy",
      "-disposition:v",
      "attached_pic",
    ]);

  test("tags, in any script", async () => {
    const tags = {
      title: "Ünï ☃ 你好",
      artist: "Группа",
      album: 'A=B; "C"',
      album_artist: "D",
      genre: "Techno",
      track: "3/12",
      date: "2020",
    };
    const args = Object.entries(tags).flatMap(([key, value]) => ["-metadata", `${key}=${value}`]);
    const master = await makeFile(dir.path("tags.flac"), [...sine({}), ...args]);
    await encode(await pcm(noise(44_100)), master);
    const { album_artist: albumArtist, ...rest } = tags;
    expect((await readTags(out())).tags).toMatchObject({ ...rest, albumArtist });
  });

  test.each(["jpg", "png"])("a %s cover, byte for byte", async (extension) => {
    const picture = await cover(`c.${extension}`);
    const facts = await encode(await pcm(noise(44_100)), await withCover("cover.mp3", picture));
    expect(facts).toMatchObject({ hasCover: true, warnings: [] });
    const copied = (await readTags(out())).cover?.data;
    expect(Buffer.from(copied ?? []).equals(await readFile(picture))).toBe(true);
  });

  test("a WebP that is called a JPEG is dropped with a warning", async () => {
    const webp = Buffer.concat([Buffer.from("RIFF\x24\0\0\0WEBPVP8 ", "latin1"), Buffer.alloc(100)]);
    const facts = await encode(await pcm(noise(44_100)), await masterWithPicture(webp));
    expect(facts).toMatchObject({ hasCover: false, warnings: [{ code: "cover-dropped" }] });
  });

  test("a cover that is damaged or too large is dropped with a warning", async () => {
    const damaged = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(50, 0x11)]);
    const facts = await encode(await pcm(noise(44_100)), await masterWithPicture(damaged));
    expect(facts).toMatchObject({ hasCover: false, warnings: [{ code: "cover-dropped" }] });
    const large = Buffer.concat([await readFile(await cover("c.jpg")), Buffer.alloc(3 * 2 ** 20)]);
    expect((await encode(await pcm(noise(44_100)), await masterWithPicture(large))).warnings).toMatchObject([
      { code: "cover-dropped" },
    ]);
  });

  test("a master without readable tags is encoded without tags", async () => {
    await writeFile(dir.path("junk"), Buffer.alloc(1000, 7));
    expect(await encode(await pcm(noise(44_100)), dir.path("junk"))).toMatchObject({
      hasCover: false,
      warnings: [],
    });
  });

  /** An MP3 with an ID3 picture that says it is a JPEG. */
  async function masterWithPicture(picture: Buffer): Promise<string> {
    const audio = await readFile(await makeFile(dir.path("bare.mp3"), [...sine({}), "-id3v2_version", "0"]));
    const body = Buffer.concat([Buffer.from("\0image/jpeg\0\x03\0", "latin1"), picture]);
    const frame = Buffer.concat([Buffer.from("APIC", "latin1"), Buffer.alloc(4), Buffer.alloc(2), body]);
    frame.writeUInt32BE(body.length, 4);
    const size = Buffer.from([21, 14, 7, 0].map((shift) => (frame.length >> shift) & 0x7f));
    const path = dir.path("picture.mp3");
    await writeFile(path, Buffer.concat([Buffer.from("ID3\x03\0\0", "latin1"), size, frame, audio]));
    return path;
  }
});
