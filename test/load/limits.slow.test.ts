// What the API lets through of a crowd, and that whoever does as it asks loses nothing by it.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  type ApiClient,
  ApiRefusal,
  createApiClient,
  realClock,
  submitUpload,
  walkTracks,
} from "@segue/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { makeTinyAudio } from "./tiny-audio.ts";

const uploadsAtOnce = 4;
let running: FleetUnderTest;
beforeAll(async () => {
  running = await startFleetUnderTest({
    fleetUrl: new URL("./fixtures/weigh.config.ts", import.meta.url).href,
    env: {
      SEGUE_API_KEYS: "required",
      SEGUE_ADMIN_KEY: randomBytes(24).toString("hex"),
      SEGUE_UPLOADS_AT_ONCE: String(uploadsAtOnce),
    },
  });
});
afterAll(() => running?.[Symbol.asyncDispose]());

async function clientFor(owner: string, limits: object): Promise<ApiClient> {
  const { key } = await running.client.api.createKey({
    ...{ owner, name: owner, scopes: ["tracks:read", "tracks:write"] },
    ...limits,
  });
  return createApiClient(running.fleet.apiUrl, { apiKey: key });
}

/** What became of so many submissions that were begun at once, each of which does as the API asks. */
async function submitAtOnce(api: ApiClient, count: number, first: number) {
  const rests: { readonly askedMs: number; readonly restedMs: number }[] = [];
  const refusals = new Map<string, number>();
  const submit = async (file: number) => {
    let askedMs = 0;
    const watched: Pick<ApiClient, "postUpload"> = {
      postUpload: (upload, options) =>
        api.postUpload(upload, options).catch((error: unknown) => {
          if (error instanceof ApiRefusal) {
            refusals.set(error.code, (refusals.get(error.code) ?? 0) + 1);
            askedMs = error.retryAfterMs ?? Number.NaN;
          }
          throw error;
        }),
    };
    const clock = {
      ...realClock,
      sleep(restedMs: number, signal: AbortSignal) {
        rests.push({ askedMs, restedMs });
        return delay(restedMs, undefined, { signal });
      },
    };
    return submitUpload(watched, { body: makeTinyAudio(file).bytes }, { clock });
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, (_, n) => submit(first + n)));
  const ids = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value.id] : []));
  const failures: unknown[] = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  return { ids, failures, rests, refusals };
}

async function listAll(api: ApiClient): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of walkTracks(api, 1_000)) ids.push(id);
  return ids.toSorted();
}

test("of a crowd that asks for more than its key may, all come through at the pace that it may, each once", async () => {
  const requestsPerSec = 10;
  const burst = 5;
  await using api = await clientFor("crowd", { requestsPerSec, burst });
  const startedAt = performance.now();
  const { ids, failures, rests, refusals } = await submitAtOnce(api, 60, 0);
  const elapsedSec = (performance.now() - startedAt) / 1_000;
  expect(failures).toEqual([]);
  expect(new Set(ids).size).toBe(60);
  expect(refusals.get("rate-limited")).toBeGreaterThan(0);
  for (const { askedMs, restedMs } of rests) expect(restedMs).toBeGreaterThanOrEqual(askedMs);
  expect(elapsedSec).toBeGreaterThanOrEqual((60 - burst) / requestsPerSec - 0.1);
  await using other = await clientFor("crowd", {});
  expect(await listAll(other)).toEqual(ids.toSorted());
});

test("more than the API takes in at once are told when to come back, and come through", async () => {
  await using api = await clientFor("busy", {});
  await using second = await clientFor("busy", {});
  const [one, two] = await Promise.all([submitAtOnce(api, 100, 1_000), submitAtOnce(second, 100, 2_000)]);
  const ids = [...one.ids, ...two.ids];
  expect([...one.failures, ...two.failures]).toEqual([]);
  expect(new Set(ids).size).toBe(200);
  const refused = [one, two].map(({ refusals }) => refusals.get("too-many-uploads") ?? 0);
  expect(Math.max(...refused)).toBeGreaterThan(0);
  for (const { askedMs, restedMs } of [...one.rests, ...two.rests]) {
    expect(askedMs).toBeGreaterThan(0);
    expect(restedMs).toBeGreaterThanOrEqual(askedMs);
  }
  expect(await listAll(api)).toEqual(ids.toSorted());
});

test("a day's quota is exact among those who come at once, and who comes too late hears until when", async () => {
  await using api = await clientFor("thrifty", { tracksPerDay: 25 });
  const { ids, failures } = await submitAtOnce(api, 40, 3_000);
  expect(new Set(ids).size).toBe(25);
  expect(failures).toHaveLength(15);
  for (const failure of failures)
    expect(failure).toMatchObject({ status: 429, code: "quota-exceeded", retryAfterMs: expect.any(Number) });
  expect(await listAll(api)).toEqual(ids.toSorted());
});
