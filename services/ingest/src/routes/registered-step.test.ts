// What the API makes of a step that it knows from the registry only.
import { createLiveChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import { defineKind, describeStep, Pcm, Problem, specOf, TrackResource } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { planTargets } from "../accept-track.ts";
import { chain, type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

const live = createLiveChain(chain);
const payloadSpec = { contentType: "audio/x-clip", extension: "clip" };
const Clip = defineKind({ name: "clip", retention: "derivative", payload: payloadSpec, facts: z.object({}) });
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
    ["cut", "clip", clipAddress, "test-assets", "clip"],
    ["decode", "pcm", pcmAddress, "test-scratch", "wav"],
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
      { seconds: 30 },
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

test("its facts are served as the worker wrote them, and its file as a file of its kind", async () => {
  live.update([cut]);
  const track = TrackResource.parse(await (await fetch(`${api.url}/v1/tracks/${id}`)).json());
  expect(track.results.clip).toMatchObject({
    facts: { seconds: 30 },
    asset: { contentType: "audio/x-clip", sizeBytes: 8 },
  });
  const response = await assetOf("clip");
  expect([response.status, await response.text()]).toEqual([200, "the clip"]);
  expect(response.headers.get("content-disposition")).toContain("song.clip");
});

test("when it has been taken out, what it made is served still, and nothing else is", async () => {
  live.update([]);
  const response = await assetOf("clip");
  expect([response.status, await response.text()]).toEqual([200, "the clip"]);
  expect(response.headers.get("content-disposition")).toContain("song.clip");
  expect(await detailOf(await assetOf("pcm"))).toEqual([404, 'there are no files of the kind "pcm"']);
  expect(await detailOf(await assetOf("clap"))).toEqual([404, 'there are no files of the kind "clap"']);
});
