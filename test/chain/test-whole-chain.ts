import { Aac, Key, Loudness, Pcm, Tags, Tempo, Waveform, WaveformDocument } from "@segue/contracts";
import { demoTrack } from "@segue/synth";
import { expect, test } from "vitest";
import { expireScratch } from "../support/cloud.ts";
import { eavesdrop } from "../support/eavesdrop.ts";
import { type FleetUnderTest, factsOf, timesComputed } from "../support/fleet-under-test.ts";

const stepNames = ["decode", "downsample", "encode", "key", "loudness", "tags", "tempo", "waveform"];

export interface WholeChainOptions {
  readonly pubsub: "local" | "google";
  readonly placement: "default" | "economy";
}

/** Of a fleet that runs when the tests do. */
export function testWholeChain(fleet: () => FleetUnderTest, { pubsub, placement }: WholeChainOptions): void {
  const demo = demoTrack();

  test("a posted track gets its tempo, key, tags, loudness, waveform and AAC", async () => {
    const { client } = fleet();
    const receipt = await client.post(demo.wav, { title: demo.title, fileName: "demo.wav" });
    const track = await client.ended(receipt.id);
    expect(track).toMatchObject({ state: "done", title: demo.title });
    expect(track.steps.map(({ step, status, how }) => ({ step, status, how })).sort(byStep)).toEqual(
      stepNames.map((step) => ({ step, status: "succeeded", how: "computed" })),
    );
    expect(factsOf(track, Pcm)).toMatchObject({ channels: 2, sampleCount: demo.left.length });
    const tempo = factsOf(track, Tempo);
    expect(Math.abs((tempo.bpm ?? 0) - demo.truth.bpm) / demo.truth.bpm).toBeLessThan(0.02);
    expect(tempo.beatsSec.length).toBeGreaterThan(50);
    expect(factsOf(track, Key)).toMatchObject({ key: demo.truth.key, mode: demo.truth.mode });
    // Whether a tag is vouched for is its model's affair; that all of the track was heard is the chain's.
    const { patches, embedding } = factsOf(track, Tags);
    expect(patches).toBe(Math.floor((demo.left.length / 44_100) * (16_000 / 256 / 187)));
    expect(Math.hypot(...(embedding?.vector ?? []))).toBeCloseTo(1, 2);
    const { integratedLufs, truePeakDbtp } = factsOf(track, Loudness);
    expect(integratedLufs).toBeGreaterThan(-30);
    expect(integratedLufs).toBeLessThan(truePeakDbtp ?? 0);
    expect(Math.abs(factsOf(track, Aac).durationSec - demo.left.length / 44_100)).toBeLessThan(0.1);
  });

  test("its AAC is served whole and in ranges", async () => {
    const { client } = fleet();
    const { tracks } = await client.api.readPage({ limit: 1, cursor: null });
    const path = `/v1/tracks/${tracks[0]?.id}/assets/aac`;
    const whole = Buffer.from(await (await client.get(path)).arrayBuffer());
    // An MP4 begins with its file type box.
    expect(whole.subarray(4, 8).toString()).toBe("ftyp");
    const part = await client.get(path, { headers: { range: "bytes=100-199" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes 100-199/${whole.length}`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(100, 200));
  });

  test("its waveform is served as JSON, and as an image", async () => {
    const { client } = fleet();
    const { tracks } = await client.api.readPage({ limit: 1, cursor: null });
    const assets = `/v1/tracks/${tracks[0]?.id}/assets`;
    const json = await client.get(`${assets}/waveform`);
    expect(json.headers.get("content-type")).toMatch(/^application\/json/);
    const document = WaveformDocument.parse(await json.json());
    const track = await client.ended(tracks[0]?.id ?? "");
    expect([document, ...document.zooms].map((zoom) => zoom.length)).toEqual(
      factsOf(track, Waveform).zooms.map((zoom) => zoom.length),
    );
    const { svg } = track.results.waveform?.renderings ?? {};
    // The last is what it was called while a step made it.
    for (const path of [`${assets}/waveform.svg`, svg?.url ?? "", `${assets}/waveform-svg`]) {
      const image = await client.get(path);
      expect(image.headers.get("content-type")).toMatch(/^image\/svg\+xml/);
      expect(await image.text()).toMatch(/^<svg [^>]*viewBox="0 0 1000 256".*<\/svg>\n$/s);
    }
  });

  test("the same bytes again cost no second computation", async () => {
    const { client } = fleet();
    const again = await client.ended((await client.post(demo.wav)).id);
    expect(again.state).toBe("done");
    expect(again.steps.map((step) => step.how)).toEqual(stepNames.map(() => "skipped"));
  });

  test("a replay skips what is there, computes what is forced, and the track's history tells", async () => {
    const { client } = fleet();
    const { id } = await client.post(demo.wav);
    await client.ended(id);
    const receipt = await client.replay(id, { force: ["key"] });
    expect(receipt).toMatchObject({ id, force: ["key"] });
    const history = await client.history(id, ({ attempts }) =>
      stepNames.every((name) => attempts.filter(({ step }) => step === name).length >= 2),
    );
    const track = await client.track(id);
    expect(track.state).toBe("done");
    const tellHow = (step: string) =>
      history.attempts.filter((attempt) => attempt.step === step).map(({ how }) => how);
    expect(tellHow("tempo")).toEqual(["skipped", "skipped"]);
    expect(tellHow("key")).toEqual(["skipped", "computed"]);
    const forced = history.attempts.findLast(({ step }) => step === "key");
    const downsampled = history.attempts.find(({ step }) => step === "downsample");
    expect(forced).toMatchObject({
      status: "succeeded",
      address: track.results.key?.address,
      inputs: { mono16k: downsampled?.address },
      error: null,
    });
  });

  test("intermediates that have expired are made again for the branches that ask, and once for both", async () => {
    const { client, fleet: running } = fleet();
    const { id } = await client.post(demo.wav);
    await client.ended(id);
    await expireScratch(running.env);
    await client.replay(id, { force: ["key", "tags"] });
    const history = await client.history(id, (soFar) =>
      ["key", "tags"].every((step) => timesComputed(soFar, step) > 0),
    );
    const counts = stepNames.map((step) => [step, timesComputed(history, step)]);
    const again = ["decode", "downsample", "key", "tags"];
    expect(counts).toEqual(stepNames.map((step) => [step, again.includes(step) ? 1 : 0]));
    expect((await client.track(id)).state).toBe("done");
  });

  // Google's emulator takes filters and does not apply them; steps that live together send no message.
  test.skipIf(pubsub !== "local" || placement !== "default")(
    "steps that no target needs are told nothing",
    async () => {
      const { client, fleet: running } = fleet();
      const ears = await eavesdrop(running.env);
      try {
        const { id } = await client.post(demo.wav, { targets: ["tempo"] });
        const track = await client.ended(id);
        expect(Object.keys(track.results).sort()).toEqual(["mono16k", "pcm", "tempo"]);
        // What is told of a later track has come after what was told of this one.
        const later = await client.post(demo.wav);
        await expect.poll(() => [...ears.heardOf(later.id)].sort()).toEqual(stepNames);
        expect([...ears.heardOf(id)].sort()).toEqual(["decode", "downsample", "tempo"]);
      } finally {
        await ears[Symbol.asyncDispose]();
      }
    },
    180_000,
  );

  test("what was posted is found at once, however many post at the same moment", async () => {
    const { client } = fleet();
    const found = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const { id } = await client.post(Buffer.from(`no audio ${index}`));
        return (await client.get(`/v1/tracks/${id}`)).status;
      }),
    );
    expect(found).toEqual(found.map(() => 200));
  });
}

function byStep(a: { step: string }, b: { step: string }): number {
  return a.step < b.step ? -1 : 1;
}
