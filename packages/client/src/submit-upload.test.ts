import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { Upload } from "./api-client.ts";
import { ApiRefusal, NoAnswer } from "./api-errors.ts";
import type { SubmitOptions } from "./call-options.ts";
import { createApiClient } from "./create-api-client.ts";
import { startScriptedApi } from "./scripted-api.ts";
import { submitUpload } from "./submit-upload.ts";

const receipt = { id: "01900000-0000-7000-8000-000000000001", url: "/", state: "accepted" as const };
const refusal = (status: number, code: string, retryAfterMs: number | null) =>
  new ApiRefusal(code, { status, code, retryAfterMs });

/** An API that fails so often, and then takes it. */
function failing(...errors: Error[]) {
  const bodies: string[] = [];
  const keys = new Set<string | undefined>();
  const slept: number[] = [];
  const api = {
    async postUpload({ body }: Upload, { idempotencyKey }: SubmitOptions = {}) {
      bodies.push(body instanceof Readable ? await text(body) : Buffer.from(body).toString());
      keys.add(idempotencyKey);
      const error = errors.shift();
      if (error) throw error;
      return receipt;
    },
  };
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  return { api, bodies, keys, slept, clock };
}
const between = (low: number, high: number) => (ms: number | undefined) =>
  ms !== undefined && ms >= low && ms <= high;

test("it is sent until it is taken, whole each time, under one key, after as long as the API asks", async () => {
  const { api, bodies, keys, slept, clock } = failing(
    new NoAnswer("reset"),
    refusal(429, "too-many-uploads", 7_000),
    refusal(503, "unavailable", null),
    refusal(400, "upload-cut", null),
  );
  const waits: string[] = [];
  const upload = { body: () => Readable.from([Buffer.from("a "), Buffer.from("song")]) };
  const onWait = (reason: string) => waits.push(reason);
  expect(await submitUpload(api, upload, { clock, onWait })).toEqual(receipt);
  expect(bodies).toEqual(Array(5).fill("a song"));
  expect([...keys]).toEqual([expect.any(String)]);
  expect(waits).toEqual(["reset", "too-many-uploads", "unavailable", "upload-cut"]);
  // By a quarter at most later than it was asked for, and never sooner.
  expect(slept[0]).toSatisfy(between(500, 625));
  expect(slept[1]).toSatisfy(between(7_000, 8_750));
  expect(slept[2]).toSatisfy(between(2_000, 2_500));
  expect(slept[3]).toSatisfy(between(4_000, 5_000));
});

test("those who are refused together do not come back together", async () => {
  const rests = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const { api, slept, clock } = failing(refusal(429, "rate-limited", 1_000));
      await submitUpload(api, { body: Buffer.from("a song") }, { clock });
      return slept[0];
    }),
  );
  expect(new Set(rests).size).toBeGreaterThan(10);
});

test("what no attempt gets past is thrown, and so is a quota of a day that is used up", async () => {
  for (const error of [
    refusal(422, "idempotency-key-reused", null),
    refusal(429, "quota-exceeded", 40_000_000),
  ]) {
    const { api, bodies, clock } = failing(error);
    await expect(submitUpload(api, { body: Buffer.from("a song") }, { clock })).rejects.toBe(error);
    expect(bodies).toHaveLength(1);
  }
});

test("the signal ends it while it rests", async () => {
  const leaving = new AbortController();
  const { api, bodies } = failing(refusal(503, "unavailable", 200_000));
  const onWait = () => leaving.abort(new Error("enough"));
  const sent = submitUpload(api, { body: Buffer.from("a song") }, { signal: leaving.signal, onWait });
  await expect(sent).rejects.toThrow();
  expect(bodies).toHaveLength(1);
});

test("over real connections: one that breaks, one that is refused, one that takes it", async () => {
  await using server = await startScriptedApi();
  await using api = createApiClient(server.url);
  server.connectionsToBreak = 1;
  server.refusals.push({ status: 503, code: "unavailable", retryAfter: "0" });
  const { id } = await submitUpload(
    api,
    { body: Buffer.from("a song"), fileName: "song.mp3" },
    { idempotencyKey: "mine" },
  );
  expect(server.trackIds).toEqual([id]);
  expect(server.keys).toEqual(["mine", "mine"]);
});
