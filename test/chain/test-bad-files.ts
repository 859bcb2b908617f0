import { Key, Loudness, Mono16k, Tempo } from "@segue/contracts";
import { encodeWav, silence, whiteNoise } from "@segue/synth";
import { expect, test } from "vitest";
import { type FleetUnderTest, factsOf } from "../support/fleet-under-test.ts";

const sampleRateHz = 44_100;
const noise = whiteNoise({ seed: 1, durationSec: 8, sampleRateHz });
const wav = encodeWav({ channels: [noise], sampleRateHz, bitDepth: 16 });

/** Of a fleet that runs when the tests do. */
export function testBadFiles(fleet: () => FleetUnderTest): void {
  test.each([
    ["an empty file", Buffer.alloc(0), "empty-file"],
    ["text", Buffer.from("These are no samples at all.\n".repeat(50)), "not-audio"],
    ["random bytes", Buffer.from(noise.buffer, 0, 100_000), "not-audio"],
    ["a file that is cut off in its header", wav.subarray(0, 30), null],
  ])(
    "%s ends in one typed outcome, in words",
    async (_what, bytes, code) => {
      const { client } = fleet();
      const track = await client.ended((await client.post(bytes, { fileName: "song.wav" })).id);
      expect(track.state).toBe("failed");
      const decode = track.steps.find((step) => step.step === "decode");
      expect(decode).toMatchObject({
        status: "failed",
        error: { meaning: expect.any(String), remedy: expect.any(String) },
      });
      if (code) expect(decode?.error?.code).toBe(code);
      expect(track.steps.filter((step) => step.status === "blocked")).toHaveLength(track.steps.length - 1);
      expect(track.summary).toContain(decode?.error?.meaning);
    },
    180_000,
  );

  test("a file that is cut off in its samples is processed as far as it goes, with a warning", async () => {
    const { client } = fleet();
    const track = await client.ended((await client.post(wav.subarray(0, wav.length / 2))).id);
    expect(track.state).toBe("done");
    expect(JSON.stringify(track.results.pcm?.facts)).toContain("truncated");
  });

  test("silence is done: no tempo, no key, no loudness, and it says why", async () => {
    const { client } = fleet();
    const samples = silence({ durationSec: 8, sampleRateHz });
    const silent = encodeWav({ channels: [samples], sampleRateHz, bitDepth: 16 });
    const track = await client.ended((await client.post(silent)).id);
    expect(track.state).toBe("done");
    expect(factsOf(track, Mono16k).silent).toBe(true);
    expect(factsOf(track, Tempo)).toMatchObject({ bpm: null, reason: "silence" });
    expect(factsOf(track, Key)).toMatchObject({ key: null, reason: "silence" });
    expect(factsOf(track, Loudness)).toMatchObject({ integratedLufs: null, reason: "silence" });
  });
}
