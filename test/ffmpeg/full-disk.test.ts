// A disk that fills up is the machine's trouble: never a verdict on the file, and never a result that lacks its end.
import { symlink } from "node:fs/promises";
import { createTestDir, makeFile, sine, type TestDir, writePcm } from "@segue/audio/testing";
import { decode } from "@segue/decode";
import { downsample } from "@segue/downsample";
import { canonicalSampleRateHz } from "@segue/dsp";
import { encode } from "@segue/encode";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

/** A folder in which whatever is written under this name meets a full disk. */
async function fullDisk(name: string): Promise<string> {
  const folder = await createTestDir();
  await symlink("/dev/full", folder.path(name));
  return folder.path("");
}

const machine = { permanent: false, code: "worker-unfit" };
const onLinux = test.skipIf(process.platform !== "linux");

// Short ones fit into a buffer, and fail as the file is closed; long ones fail in the middle.
const lengthsSec = [0.01, 3];

onLinux.each(lengthsSec)("decoding %s s", async (sec) => {
  const path = await makeFile(dir.path("master.flac"), sine({ sec, channels: 2 }));
  const given = { master: { facts: { sizeBytes: 0 }, path } };
  const outputDir = await fullDisk("pcm.wav");
  await expect(runStep(decode, given, { outputDir })).rejects.toMatchObject(machine);
});

const tone = (sec: number) =>
  Array.from({ length: sec * canonicalSampleRateHz }, (_, i) => 0.3 * Math.sin(i / 10));

onLinux.each(lengthsSec)("downsampling %s s", async (sec) => {
  const pcm = await writePcm(dir.path("pcm.wav"), [tone(sec)]);
  const outputDir = await fullDisk("mono16k.wav");
  await expect(runStep(downsample, { pcm }, { outputDir })).rejects.toMatchObject(machine);
});

onLinux.each(lengthsSec)("encoding %s s", async (sec) => {
  const pcm = await writePcm(dir.path("pcm.wav"), [tone(sec)]);
  const outputDir = await fullDisk("aac.m4a");
  await expect(
    runStep(encode, { master: { facts: { sizeBytes: 0 } }, pcm }, { outputDir }),
  ).rejects.toMatchObject(machine);
});
