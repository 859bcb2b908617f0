import { describe, expect, it } from "vitest";
import { composeTrack } from "./compose-track.ts";
import { degreeToMidi } from "./theory.ts";

const request = { seed: 3, bpm: 100, key: "G", mode: "major", durationSec: 90 } as const;

describe("composeTrack", () => {
  it("has an intro, verses, choruses and an outro that follow one another without a gap", () => {
    const { sections } = composeTrack(request);
    expect(sections.map((section) => section.name)).toEqual([
      "intro",
      "verse",
      "chorus",
      "verse",
      "chorus",
      "outro",
    ]);
    sections.slice(1).forEach((section, index) => {
      const before = sections[index];
      expect(section.startSec).toBeCloseTo((before?.startSec ?? 0) + (before?.bars ?? 0) * 2.4, 9);
    });
  });

  it("keeps every pitched note in the scale of its key", () => {
    const { parts } = composeTrack(request);
    const scale = new Set([0, 1, 2, 3, 4, 5, 6].map((degree) => degreeToMidi("G", "major", degree, 4) % 12));
    const pitched = parts.filter((part) => part.instrument !== "drums").flatMap((part) => part.notes);
    expect(pitched.length).toBeGreaterThan(100);
    expect(pitched.filter((note) => !scale.has(note.midi % 12))).toEqual([]);
  });

  it("puts every drum hit on a sixteenth of the tempo", () => {
    const drums = composeTrack(request).parts.find((part) => part.instrument === "drums");
    expect(drums?.notes.length).toBeGreaterThan(100);
    for (const { startSec } of drums?.notes ?? []) {
      const sixteenths = startSec / (60 / 100 / 4);
      expect(sixteenths).toBeCloseTo(Math.round(sixteenths), 6);
    }
  });

  it("refuses a tempo and a length it cannot write for", () => {
    expect(() => composeTrack({ ...request, bpm: 0 })).toThrow("bpm must be 40 to 240, got 0");
    expect(() => composeTrack({ ...request, durationSec: Number.NaN })).toThrow("durationSec");
  });
});
