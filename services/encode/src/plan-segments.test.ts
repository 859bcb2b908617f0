import { expect, test } from "vitest";
import { frameCount, planSegments, segmentSizes } from "./plan-segments.ts";

const sizes = { frames: 100, preroll: 10, postroll: 4 };

test.each([1, 1024, 1025, 99 * 1024, 99 * 1024 + 1, 100 * 1024, 1_000_000, 3 * 3600 * 44_100])(
  "%i samples: every frame is in one segment, and every sample is given to its frames",
  (sampleCount) => {
    const plan = planSegments(sampleCount, sizes);
    let frame = 0;
    for (const segment of plan) {
      expect(segment.firstFrame).toBe(frame);
      expect(segment.startSample % 1024).toBe(0);
      // The encoder's own first frame stands for `startSample`: what is kept begins after it by the frames dropped.
      expect(segment.startSample / 1024 + segment.dropFrames).toBe(segment.firstFrame);
      expect(segment.endSample).toBeGreaterThanOrEqual(Math.min(sampleCount, segment.endFrame * 1024));
      const encoded = frameCount(segment.endSample - segment.startSample);
      expect(encoded).toBeGreaterThanOrEqual(segment.dropFrames + segment.endFrame - segment.firstFrame);
      frame = segment.endFrame;
    }
    expect(frame).toBe(frameCount(sampleCount));
    expect(plan.at(-1)?.endSample).toBe(sampleCount);
  },
);

test("the encoder has settled before each join, within what it has", () => {
  const [first, second, third] = planSegments(1_000_000, { ...sizes, preroll: 150 });
  expect([first, second, third].map((segment) => segment?.dropFrames)).toEqual([0, 100, 150]);
});

test("three hours are 152 pieces, none of more than 76 s", () => {
  const plan = planSegments(3 * 3600 * 44_100);
  expect(plan).toHaveLength(152);
  const longest = Math.max(...plan.map(({ startSample, endSample }) => endSample - startSample));
  expect(longest / 44_100).toBeLessThan(76);
  expect(segmentSizes.frames % 1024).toBe(0);
});
