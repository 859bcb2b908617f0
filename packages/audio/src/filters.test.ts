import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { analysisSampleRateHz, canonicalSampleRateHz, encodeWav } from "@segue/dsp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileUrl, inputArgs } from "./demuxers.ts";
import { gainFilter, holdChannels, monoFilter, resampleFilter } from "./filters.ts";
import { layoutChannels } from "./parse-probe.ts";
import { amplitudeAt, createTestDir, makeFile, readChannel, sine, type TestDir } from "./testing.ts";

let dir: TestDir;
beforeAll(async () => {
  dir = await createTestDir();
});
afterAll(() => dir.dispose());

async function filter(
  source: readonly string[],
  filters: readonly (string | null)[],
  name: string,
): Promise<string> {
  const input = await makeFile(dir.path(`in-${name}`), [...source, "-c:a", "pcm_f32le"]);
  const chain = filters.filter((part) => part !== null).join(",");
  const args = [...inputArgs, "-i", fileUrl(input), "-af", chain, "-c:a", "pcm_s16le"];
  return makeFile(dir.path(name), args);
}

test("mono is the mean of the channels", async () => {
  const source = ["-f", "lavfi", "-i", "aevalsrc=0.8*sin(2*PI*500*t)|0.4*sin(2*PI*900*t):s=44100:d=0.5"];
  const path = await filter(source, [monoFilter(2), resampleFilter(canonicalSampleRateHz)], "mean.wav");
  const samples = await readChannel(path, 0, 1);
  expect(amplitudeAt(samples, 500, 44_100) / 32768).toBeCloseTo(0.4, 3);
  expect(amplitudeAt(samples, 900, 44_100) / 32768).toBeCloseTo(0.2, 3);
});

test("a gain is applied in floating point; none is no filter", async () => {
  expect(gainFilter(0)).toBeNull();
  const louder = [gainFilter(20), gainFilter(-20), resampleFilter(canonicalSampleRateHz)];
  const samples = await readChannel(await filter(sine({ hz: 500 }), louder, "gain.wav"), 0, 1);
  expect(amplitudeAt(samples, 500, 44_100) / 32768).toBeCloseTo(0.5, 3);
});

describe("channels that are held", () => {
  test.each(["2.1", "3.0", "4.0", "quad", "5.0(side)", "5.1(side)", "6.0", "6.1(front)", "7.1", "octagonal"])(
    "%s: none is mixed or moved",
    async (layout) => {
      const count = layoutChannels(layout)?.length ?? 0;
      const tones = Array.from({ length: count }, (_, c) => `0.5*sin(2*PI*${500 * (c + 1)}*t)`).join("|");
      const source = ["-f", "lavfi", "-i", `aevalsrc=${tones}:s=44100:d=0.5:c=${layout}`];
      const held = [holdChannels(count, count, layout), resampleFilter(canonicalSampleRateHz)];
      const path = await filter(source, held, `held-${layout}.wav`);
      for (let channel = 0; channel < count; channel++) {
        const samples = await readChannel(path, channel, count);
        expect(amplitudeAt(samples, 500 * (channel + 1), 44_100) / 32768).toBeCloseTo(0.5, 3);
      }
    },
  );

  test.each([3, 4, 5, 6, 7, 8])("%i without a name: none is mixed or moved", async (count) => {
    const sampleRateHz = 44_100;
    const samples = Int16Array.from({ length: (sampleRateHz / 2) * count }, (_, i) => {
      const hz = 500 * ((i % count) + 1);
      return Math.round(16_384 * Math.sin((2 * Math.PI * hz * Math.floor(i / count)) / sampleRateHz));
    });
    const input = dir.path("nameless.wav");
    await writeFile(input, encodeWav(samples, { sampleRateHz, channels: count }));
    const path = dir.path("nameless.raw");
    const args = ["-i", fileUrl(input), "-af", holdChannels(count, count, null) ?? "anull"];
    await makeFile(path, [...inputArgs, ...args, "-c:a", "pcm_s16le", "-f", "s16le"]);
    const bytes = await readFile(path);
    expect(bytes.equals(Buffer.from(samples.buffer))).toBe(true);
  });

  test("of more than anybody has names for the first two are taken; mono and stereo are left alone", () => {
    expect(holdChannels(2, 16, null)).toBe("pan=stereo|c0=c0|c1=c1");
    expect([holdChannels(1, 1, "mono"), holdChannels(2, 2, null)]).toEqual([null, null]);
  });
});

describe("resampler", () => {
  const rates = [8000, 11_025, 16_000, 22_050, 32_000, 48_000, 88_200, 96_000, 192_000];
  test.each(rates)("%i Hz to 44.1 kHz: length, level and phase of a tone are kept", async (sampleRateHz) => {
    const path = await filter(
      sine({ hz: 1000, sampleRateHz }),
      [resampleFilter(canonicalSampleRateHz)],
      `${sampleRateHz}.wav`,
    );
    const samples = await readChannel(path, 0, 1);
    expect(Math.abs(samples.length - 44_100)).toBeLessThanOrEqual(1);
    expectSine(samples.subarray(500, -500), 500, 1000, 44_100);
  });

  test("44.1 kHz to 16 kHz: flat to 6.5 kHz, and nothing from above 9.5 kHz folds back", async () => {
    const levels: Record<number, number> = {};
    for (const hz of [100, 1000, 4000, 6500, 7000, 8600, 9500, 12_000, 15_000]) {
      const path = await filter(
        sine({ hz, sec: 0.5 }),
        [resampleFilter(analysisSampleRateHz)],
        `down-${hz}.wav`,
      );
      const samples = await readChannel(path, 0, 1);
      const aliasHz = hz > 8000 ? 16_000 - hz : hz;
      levels[hz] = 20 * Math.log10(amplitudeAt(samples, aliasHz, 16_000) / (0.5 * 32768));
    }
    for (const hz of [100, 1000, 4000, 6500]) expect(Math.abs(levels[hz] ?? 99)).toBeLessThan(0.1);
    // The filter's slope lies between 6.5 and 9.2 kHz: -0.4 dB at 7 kHz, -31 dB at 8.6 kHz.
    expect(levels[7000]).toBeGreaterThan(-0.5);
    expect(levels[8600]).toBeLessThan(-30);
    for (const hz of [9500, 12_000, 15_000]) expect(levels[hz]).toBeLessThan(-90);
  });

  test("16-bit samples at 44.1 kHz pass bit by bit", async () => {
    const source = ["-f", "lavfi", "-i", "anoisesrc=d=0.5:r=44100:a=0.8:seed=7"];
    const input = await makeFile(dir.path("noise.wav"), [...source, "-c:a", "pcm_s16le"]);
    const args = [...inputArgs, "-i", fileUrl(input), "-af", resampleFilter(canonicalSampleRateHz)];
    const output = await makeFile(dir.path("same.wav"), args);
    expect(await readChannel(output, 0, 1)).toEqual(await readChannel(input, 0, 1));
  });

  test.each([
    [48_000, canonicalSampleRateHz, "00ccceede60c3ee2099bfd8eb3ac612a4e4feed609219b2a488ef7b2d44093b8"],
    [
      canonicalSampleRateHz,
      analysisSampleRateHz,
      "14ae0cac39dfa06d7b20346138b29f9d74bc98dbebd20e1e8553b0d9f8a55482",
    ],
  ])("%i Hz to %i Hz: the same samples with every build", async (fromHz, toHz, sha256) => {
    let state = 1;
    const noise = Int16Array.from({ length: fromHz }, () => {
      state = (state * 48_271) % 0x7fffffff;
      return (state & 0x7fff) - 0x4000;
    });
    await writeFile(dir.path("golden.wav"), encodeWav(noise, { sampleRateHz: fromHz, channels: 1 }));
    const args = [...inputArgs, "-i", fileUrl(dir.path("golden.wav")), "-af", resampleFilter(toHz)];
    const samples = await readChannel(await makeFile(dir.path("gold.wav"), args), 0, 1);
    expect(createHash("sha256").update(samples).digest("hex")).toBe(sha256);
  });

  test("samples past full scale saturate, and silence stays silent", async () => {
    const loud = ["-f", "lavfi", "-i", "aevalsrc='if(lt(t,0.25),2*sin(2*PI*100*t),0)':s=44100:d=0.5"];
    const samples = await readChannel(
      await filter(loud, [resampleFilter(canonicalSampleRateHz)], "loud.wav"),
      0,
      1,
    );
    expect(Math.max(...samples)).toBe(32_767);
    expect(Math.min(...samples)).toBe(-32_768);
    expect(new Set(samples.subarray(12_000))).toEqual(new Set([0]));
  });
});

/** Every sample within 3 steps of 16 bit of a sine of amplitude 0.5. */
function expectSine(samples: Int16Array, from: number, hz: number, sampleRateHz: number): void {
  const worst = samples.reduce((most, sample, i) => {
    const expected = 0.5 * 32768 * Math.sin((2 * Math.PI * hz * (from + i)) / sampleRateHz);
    return Math.max(most, Math.abs(sample - expected));
  }, 0);
  expect(worst).toBeLessThan(3);
}
