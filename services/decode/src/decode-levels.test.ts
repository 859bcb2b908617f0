import { readFile } from "node:fs/promises";
import { amplitudeAt, hasFilter, measureWithFfmpeg, readChannel } from "@segue/audio/testing";
import { energiesRange, parseEnergies, readWavChunks } from "@segue/dsp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codesOf, createHarness } from "./decode-harness.ts";

let harness: Awaited<ReturnType<typeof createHarness>>;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(() => harness.dir.dispose());

const lavfi = (source: string) => ["-f", "lavfi", "-i", source];
/** A chord under a beat, far over full scale and cut off there: what mastering for loudness does. */
const chords = "clip(4*(sin(2*PI*220*t)+sin(2*PI*277*t)+sin(2*PI*329*t))*exp(-3*mod(t,0.5)),-1,1)";
const slammed = lavfi(`aevalsrc='${chords}|${chords}':s=44100:d=6`);

async function largestSample(): Promise<number> {
  let largest = 0;
  for await (const chunk of readWavChunks(harness.out)) {
    for (const sample of chunk) largest = Math.max(largest, Math.abs(sample));
  }
  return largest / 32_768;
}

const energies = async (facts: { sampleCount: number; channels: number }) => {
  const { start, end } = energiesRange(facts);
  return parseEnergies((await readFile(harness.out)).subarray(start, end));
};

const toDb = (magnitude: number) => 20 * Math.log10(magnitude);

describe("what decodes past full scale", () => {
  test.each([
    ["mp3", ["-c:a", "libmp3lame", "-b:a", "128k"]],
    ["m4a", ["-c:a", "aac", "-b:a", "96k"]],
    ["opus", ["-c:a", "libopus", "-ar", "48000", "-b:a", "64k"]],
  ])(
    "%s: nothing is cut off, and the true peak is what ffmpeg measures of a float decode",
    async (ext, args) => {
      const path = await harness.make(`hot.${ext}`, ...slammed, ...args);
      const facts = await harness.decode(path);
      expect(facts.peakDb ?? 0).toBeGreaterThan(0.3);
      expect(facts.gainDb).toBeCloseTo(toDb(2), 5);
      expect(toDb(2 * (await largestSample()))).toBeCloseTo(facts.peakDb ?? 0, 2);
      expect(codesOf(facts)).toContain("clipped");
      if (!(await hasFilter("ebur128"))) return console.warn("SKIPPED: this ffmpeg has no ebur128");
      const { truePeakDbtp } = await measureWithFfmpeg(path, harness.dir.path("metadata.txt"));
      expect(Math.abs((facts.truePeakDbtp ?? 0) - truePeakDbtp)).toBeLessThanOrEqual(0.3);
    },
  );

  test("floats far past it are stored as loud as fits; a stray one of a thousand times takes nothing down", async () => {
    const tone = (amplitude: string) => [
      ...lavfi(`aevalsrc='${amplitude}*sin(2*PI*500*t)':s=44100:d=1`),
      "-c:a",
      "pcm_f32le",
    ];
    const loud = await harness.decode(await harness.make("loud.wav", ...tone("5")));
    expect(loud.peakDb).toBeCloseTo(toDb(5), 3);
    expect(loud.truePeakDbtp).toBeCloseTo(toDb(5), 1);
    expect(await largestSample()).toBeCloseTo(32_767 / 32_768, 4);
    const stored = amplitudeAt(await readChannel(harness.out, 0, 1), 500, 44_100) / 32_768;
    expect(toDb(stored) + (loud.gainDb ?? 0)).toBeCloseTo(toDb(5), 2);
    // The click lies in its last tenth.
    await harness.decode(await harness.make("stray.wav", ...tone("(0.5+1000*between(t,0.95,0.951))")));
    const before = (await readChannel(harness.out, 0, 1)).subarray(0, 40_000);
    expect(amplitudeAt(before, 500, 44_100) / 32_768).toBeCloseTo(0.5 / 16, 3);
  });

  test("integers at 44.1 kHz can't: they are kept to the bit", async () => {
    const noise = lavfi("anoisesrc=d=1:r=44100:a=1:seed=7");
    const path = await harness.make("exact.wav", ...noise, "-c:a", "pcm_s16le");
    expect(await harness.decode(path)).toMatchObject({ gainDb: 0 });
    expect(await readChannel(harness.out, 0, 1)).toEqual(await readChannel(path, 0, 1));
  });
});

describe("more than two channels", () => {
  const stereo = "0.6*sin(2*PI*400*t)|0.4*sin(2*PI*700*t)";
  const wav = (name: string, channels: string, layout: string) =>
    harness.make(name, ...lavfi(`aevalsrc=${channels}:s=44100:d=3:c=${layout}`), "-c:a", "pcm_s16le");

  test.each(["5.1", "5.1(side)", "quad", "7.1", "octagonal"])(
    "%s with music in front only is its stereo twin",
    async (layout) => {
      const twin = await harness.decode(await wav("twin.wav", stereo, "stereo"));
      const expected = await energies(twin);
      const silent = { quad: 2, "7.1": 6, octagonal: 6 }[layout] ?? 4;
      const path = await wav("front.wav", `${stereo}${"|0".repeat(silent)}`, layout);
      const facts = await harness.decode(path);
      expect(facts).toMatchObject({ sourceChannels: 2 + silent, channels: 2, downmixDb: 0, warnings: [] });
      expect(facts.truePeakDbtp).toBe(twin.truePeakDbtp);
      expect(facts.peakDb).toBeCloseTo(twin.peakDb ?? 0, 3);
      expect(await energies(facts)).toEqual(expected);
      for (const [side, hz, amplitude] of [
        [0, 400, 0.6],
        [1, 700, 0.4],
      ] as const) {
        const stored = amplitudeAt(await readChannel(harness.out, side, 2), hz, 44_100) / 32_768;
        expect(stored * 10 ** ((facts.gainDb ?? 0) / 20)).toBeCloseTo(amplitude, 3);
      }
    },
  );

  test("a mix that would pass full scale is lowered by its measured peak", async () => {
    const all = "0.9*sin(2*PI*400*t)";
    const path = await wav("all.wav", Array.from({ length: 6 }, () => all).join("|"), "5.1");
    const facts = await harness.decode(path);
    // Front, centre and surround add up; each channel alone does not pass full scale.
    expect(facts.downmixDb).toBeCloseTo(-toDb(0.9 * (1 + Math.SQRT2)), 2);
    expect(facts.peakDb).toBeCloseTo(0, 3);
    expect(facts.truePeakDbtp).toBeCloseTo(toDb(0.9), 1);
    const stored = amplitudeAt(await readChannel(harness.out, 0, 2), 400, 44_100) / 32_768;
    expect(toDb(stored) + (facts.gainDb ?? 0)).toBeCloseTo(0, 2);
  });
});

describe("channels that cancel", () => {
  const decodeStereo = async (left: string, right: string) =>
    harness.decode(
      await harness.make(
        "phase.wav",
        ...lavfi(`aevalsrc='${left}|${right}':s=44100:d=4`),
        "-c:a",
        "pcm_s16le",
      ),
    );
  const chord = "0.2*(sin(2*PI*220*t)+sin(2*PI*277*t)+sin(2*PI*329*t))";
  const beat = "0.4*sin(2*PI*60*t)*exp(-20*mod(t,0.5))";

  test.each([
    ["all of it", chord, `-${chord}`],
    ["the chords, under a beat that does not", `${beat}+${chord}`, `${beat}-${chord}`],
    ["a beat, under chords that don't", `${chord}+${beat}`, `${chord}-${beat}`],
    ["the second half", chord, `${chord}*if(lt(t,2),1,-1)`],
    ["all of it, one side quieter", chord, `-0.85*${chord}`],
    ["all of it, under noise", `${chord}+0.002*random(0)`, `-${chord}+0.002*random(1)`],
  ])("%s", async (_, left, right) => {
    const facts = await decodeStereo(left, right);
    expect(facts.channelsCancel).toBe(true);
    expect(codesOf(facts)).toEqual(["channels-out-of-phase"]);
  });

  test.each([
    ["the same in both", chord, chord],
    ["one side silent", chord, "0"],
    ["one side opposite at half the level: the mean has a tenth", chord, `-0.5*${chord}`],
    ["a different tone on each side", "0.3*sin(2*PI*220*t)", "0.3*sin(2*PI*660*t)"],
    ["noise of their own", "0.3*random(0)-0.15", "0.3*random(1)-0.15"],
    ["one side late", chord, chord.replaceAll("*t", "*(t-0.0006)")],
    [
      "one side so late that single notes meet their opposite",
      `${chord}+0.4*sin(2*PI*73.5*t)`,
      `${chord}+0.4*sin(2*PI*73.5*t)`.replaceAll("*t", "*(t-300/44100)"),
    ],
    ["a click in antiphase", `${chord}+if(eq(n,90000),0.4,0)`, `${chord}-if(eq(n,90000),0.4,0)`],
    ["silence", "0", "0"],
  ])("not: %s", async (_, left, right) => {
    expect(await decodeStereo(left, right)).toMatchObject({ channelsCancel: false, warnings: [] });
  });
});
