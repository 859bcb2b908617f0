// How long an attempt may take is the runner's to judge, which knows whether it had its share of the machine: ffmpeg's own
// runs have no clock short of one that catches hangs. Here the clock goes far faster than ffmpeg.
import { chmod, writeFile } from "node:fs/promises";
import { setTimeout as realDelay } from "node:timers/promises";
import { chooseFfmpeg } from "@segue/audio";
import { createTestDir, type TestDir, writePcm } from "@segue/audio/testing";
import { decode } from "@segue/decode";
import { downsample } from "@segue/downsample";
import { canonicalSampleRateHz } from "@segue/dsp";
import { encode } from "@segue/encode";
import { runStep } from "@segue/step/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
  // As on a machine that has next to no time for it.
  const { path } = await chooseFfmpeg(process.env.FFMPEG_BIN ?? null);
  await writeFile(dir.path("starved"), `#!/bin/sh\nsleep 0.3\nexec '${path}' "$@"\n`);
  await chmod(dir.path("starved"), 0o755);
  vi.stubEnv("FFMPEG_BIN", dir.path("starved"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await dir.dispose();
});

/** Each 20 ms of real time are two seconds on the clock. */
async function whileTimeFlies<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const working = new AbortController();
  const flying = (async () => {
    while (!working.signal.aborted) {
      await realDelay(20);
      await vi.advanceTimersByTimeAsync(2_000);
    }
  })();
  try {
    return await work();
  } finally {
    working.abort();
    await flying;
    vi.useRealTimers();
  }
}

type Pcm = Awaited<ReturnType<typeof writePcm>>;

const steps: Record<string, (pcm: Pcm) => Promise<{ facts: object }>> = {
  decode: (pcm) => runStep(decode, { master: { facts: { sizeBytes: 0 }, path: pcm.path } }),
  downsample: (pcm) => runStep(downsample, { pcm }),
  encode: (pcm) => runStep(encode, { master: { facts: { sizeBytes: 0 } }, pcm }),
};

test.each(Object.entries(steps))("%s waits for an ffmpeg that has to wait", async (_, run) => {
  const pcm = await writePcm(dir.path("pcm.wav"), [new Float32Array(canonicalSampleRateHz).fill(0.1)]);
  const { facts } = await whileTimeFlies(() => run(pcm));
  expect(facts).toMatchObject({ durationSec: 1 });
});
