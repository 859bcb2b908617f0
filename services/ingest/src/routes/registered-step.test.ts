// What the API makes of a step that it knows from the registry only.
import { createLiveChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import {
  defineKind,
  describeKind,
  describeStep,
  hint,
  hintsOf,
  KindList,
  Pcm,
  Problem,
  StepDescription,
  specOf,
  TrackResource,
} from "@segue/contracts";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { OpenAPIV3_1 } from "openapi-types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { planTargets } from "../accept-track.ts";
import { chain, type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

const live = createLiveChain(chain);
const Cue = z
  .object({ atSec: z.number().describe("where it begins") })
  .meta({ id: "Cue", description: "a cue" });
const payloadSpec = { contentType: "audio/x-clip", extension: "clip" };
const Clip = defineKind({
  name: "clip",
  retention: "derivative",
  payload: payloadSpec,
  facts: z
    .object({
      seconds: z
        .number()
        .describe("its length")
        .meta(hint({ display: { as: "summary", format: "seconds" } })),
      best: Cue.optional(),
      cues: z.array(Cue).default([]),
    })
    .meta(hint({ display: { label: "30 s clip" } })),
});
/** As it comes out of storage. */
const cut = specOf(JSON.parse(JSON.stringify(describeStep(stepSpec("cut", [Pcm], Clip)))));
const id = "01900000-0000-7000-8000-000000000001";
const [clipAddress, pcmAddress] = ["a".repeat(64), "c".repeat(64)];

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({}, { chain: live });
  const { pool } = api;
  const at = "2025-01-01T00:00:00.000Z";
  await pool.query(
    `insert into tracks values ($1, '${"b".repeat(64)}', 5, 'song.mp3', null, 'upload', '{clip}', '{decode,cut}', '${at}',
       'done', '${at}')`,
    [id],
  );
  for (const [step, kind, address, bucket, extension] of [
    ["cut", "clip", clipAddress, "test-test-assets", "clip"],
    ["decode", "pcm", pcmAddress, "test-test-scratch", "wav"],
  ] as const) {
    const ref = { bucket, name: `${address}.${extension}` };
    const body = Buffer.from(`the ${kind}`);
    const { contentType } = payloadSpec;
    const { sizeBytes, crc32c } = await api.store.writeObject({
      ...ref,
      body,
      contentType,
      createOnly: true,
    });
    await pool.query(`insert into artifacts values ($1, $2, $3, 1, '${"b".repeat(64)}', $4, $5, now())`, [
      address,
      kind,
      step,
      { seconds: 30, cues: [] },
      { ...ref, sizeBytes, crc32c, contentType },
    ]);
    await pool.query(
      `insert into step_outcomes (track_id, step, status, blocked_by, version, kind, address, how, worker, started_at,
         finished_at, duration_ms, delivery_attempt)
       values ($1, $2, 'succeeded', '{}', 1, $3, $4, 'computed', 'host:1', '${at}', '${at}', 1, 1)`,
      [id, step, kind, address],
    );
  }
});
afterAll(() => api[Symbol.asyncDispose]());

const assetOf = (kind: string) => fetch(`${api.url}/v1/tracks/${id}/assets/${kind}`);
const detailOf = async (response: Response) => [response.status, Problem.parse(await response.json()).detail];

test("it is a target from the moment on that it is registered, by default and by name", () => {
  const { context } = api;
  expect(planTargets(context, undefined).targets).toEqual(["tempo", "aac"]);
  expect(() => planTargets(context, ["clip"])).toThrow('no target "clip"');
  live.update([cut]);
  expect(planTargets(context, undefined).targets).toEqual(["tempo", "aac", "clip"]);
  expect(planTargets(context, ["clip"]).wants).toEqual(["decode", "cut"]);
});

test("one that is made only by name is in no track that names no targets, and in those that do", async () => {
  const Rare = defineKind({ ...Clip, name: "rare", defaultTarget: false });
  live.update([cut, specOf(JSON.parse(JSON.stringify(describeStep(stepSpec("cut-rare", [Pcm], Rare)))))]);
  const post = async (query: string) => {
    const init = {
      method: "POST",
      body: `the bytes for ${query}`,
      headers: { "content-type": "audio/mpeg" },
    };
    const response = await fetch(`${api.url}/v1/tracks${query}`, init);
    const { url } = z.object({ url: z.string() }).parse(await response.json());
    return TrackResource.parse(await (await fetch(url)).json());
  };
  const [all, named] = [await post(""), await post("?targets=rare,tempo")];
  expect(all.targets).toEqual(["tempo", "aac", "clip"]);
  expect(all.steps.map(({ step }) => step)).not.toContain("cut-rare");
  expect(named.targets).toEqual(["rare", "tempo"]);
  expect(named.steps.map(({ step }) => step)).toEqual(
    expect.arrayContaining(["decode", "cut-rare", "tempo"]),
  );
});

test("it is among the kinds of the fleet while it is registered, with its hints, and what it takes is described", async () => {
  const kindsNow = async () => KindList.parse(await (await fetch(`${api.url}/v1/kinds`)).json()).kinds;
  live.update([]);
  const before = await kindsNow();
  expect(before.map(({ name, step }) => [name, step])).toEqual([
    ["master", null],
    ...chain.steps.map(({ name, produces }) => [produces.name, name]),
  ]);
  live.update([cut]);
  const after = await kindsNow();
  expect(after.slice(0, -1)).toEqual(before);
  const clip = after.at(-1);
  expect(clip).toEqual({ ...describeKind(Clip), step: "cut" });
  expect(hintsOf(clip?.facts ?? {}).display).toEqual({ label: "30 s clip" });
  expect(clip?.facts).toHaveProperty("properties.seconds.x-display", { as: "summary", format: "seconds" });
  live.update([]);
  expect(await kindsNow()).toEqual(before);
});

test("it is in the description of the API while it is registered, typed by its own schema, which holds what is served", async () => {
  const read = async () => {
    const document: unknown = await (await fetch(`${api.url}/openapi.json`)).json();
    return JSON.parse(JSON.stringify(document)) as OpenAPIV3_1.Document;
  };
  const kindsOf = ({ components }: OpenAPIV3_1.Document) =>
    Object.keys(components?.schemas ?? {}).filter((n) => /Facts$/.test(n));
  live.update([]);
  expect(kindsOf(await read())).not.toContain("ClipFacts");
  live.update([cut]);
  const document = await read();
  expect(kindsOf(document)).toEqual(expect.arrayContaining(["TempoFacts", "AacFacts", "ClipFacts"]));
  expect((await new Validator().validate(structuredClone(document))).errors).toBeUndefined();
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, $id: "https://segue/openapi.json" });
  const isTrack = ajv.compile({ $ref: "https://segue/openapi.json#/components/schemas/Track" });
  const track = TrackResource.parse(await (await fetch(`${api.url}/v1/tracks/${id}`)).json());
  // Of its decode step there is a part only.
  const withFacts = (facts: unknown) => ({ ...track, results: { clip: { ...track.results.clip, facts } } });
  isTrack(withFacts(track.results.clip?.facts));
  expect(isTrack.errors).toBeNull();
  expect(isTrack(withFacts({ seconds: 30, cues: [{ atSec: 1 }], best: { atSec: 2 }, more: true }))).toBe(
    true,
  );
  expect(isTrack(withFacts({ seconds: "thirty", cues: [] }))).toBe(false);
  // Through a reference of the kind's own.
  expect(isTrack(withFacts({ seconds: 30, cues: [], best: { atSec: "late" } }))).toBe(false);
  live.update([]);
  expect(kindsOf(await read())).not.toContain("ClipFacts");
});

test("its facts are served as the worker wrote them, and its file as a file of its kind", async () => {
  live.update([cut]);
  const track = TrackResource.parse(await (await fetch(`${api.url}/v1/tracks/${id}`)).json());
  expect(track.results.clip).toMatchObject({
    facts: { seconds: 30, cues: [] },
    asset: { contentType: "audio/x-clip", sizeBytes: 8 },
  });
  const response = await assetOf("clip");
  expect([response.status, await response.text()]).toEqual([200, "the clip"]);
  expect(response.headers.get("content-disposition")).toContain("song.clip");
});

test("it is rendered as its kind declares, by what this release knows, though nothing here has its code", async () => {
  const zoom = {
    version: 2,
    channels: 1,
    sample_rate: 8_000,
    samples_per_pixel: 256,
    bits: 8,
    length: 1,
    data: [-3, 4],
  };
  const Shape = defineKind({
    ...Clip,
    name: "clip",
    payload: { contentType: "application/json", extension: "json" },
    renderings: { svg: { by: "peaks-outline" } },
  });
  const described = JSON.parse(JSON.stringify(describeStep(stepSpec("cut", [Pcm], Shape))));
  // What a younger release can do.
  described.produces.renderings.mp4 = { by: "hologram", replaces: "clip-movie" };
  live.update([specOf(StepDescription.parse(described))]);
  const name = `${clipAddress}.clip`;
  const body = Buffer.from(JSON.stringify(zoom));
  await api.store.writeObject({ bucket: "test-test-assets", name, body, createOnly: false });
  const image = await assetOf("clip.svg");
  expect([image.status, image.headers.get("content-type"), await image.text()]).toEqual([
    ...[200, "image/svg+xml", expect.stringMatching(/^<svg .*<\/svg>\n$/)],
  ]);
  const track = TrackResource.parse(await (await fetch(`${api.url}/v1/tracks/${id}`)).json());
  expect(Object.keys(track.results.clip?.renderings ?? {})).toEqual(["svg"]);
  expect(await detailOf(await assetOf("clip.mp4"))).toEqual([
    404,
    'there is no rendering "mp4" of clip; there are: svg',
  ]);
  const { kinds } = KindList.parse(await (await fetch(`${api.url}/v1/kinds`)).json());
  expect(kinds.find((kind) => kind.name === "clip")?.renderings).toEqual(described.produces.renderings);
  await api.store.writeObject({
    bucket: "test-test-assets",
    name,
    body: Buffer.from("the clip"),
    createOnly: false,
  });
});

test("when it has been taken out, what it made is served still, and nothing else is", async () => {
  live.update([]);
  const response = await assetOf("clip");
  expect([response.status, await response.text()]).toEqual([200, "the clip"]);
  expect(response.headers.get("content-disposition")).toContain("song.clip");
  expect(await detailOf(await assetOf("pcm"))).toEqual([404, 'there are no files of the kind "pcm"']);
  expect(await detailOf(await assetOf("clap"))).toEqual([404, 'there are no files of the kind "clap"']);
});
