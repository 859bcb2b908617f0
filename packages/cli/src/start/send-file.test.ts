import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, createApiClient } from "@segue/client";
import { type ScriptedApi, startScriptedApi } from "@segue/client/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createPace } from "./create-pace.ts";
import { sendFile, statFile } from "./send-file.ts";

let folder: string;
let api: ScriptedApi;
let client: ApiClient;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-send-"));
  api = await startScriptedApi();
  client = createApiClient(api.url);
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
let nowMs = 0;
const clock = {
  now: () => nowMs,
  sleep: (ms: number) => {
    nowMs += ms;
    return sleep();
  },
};
const send = (file: Awaited<ReturnType<typeof statFile>>, waits: string[] = []) =>
  sendFile(file, {
    api: client,
    pace: createPace({ clock }),
    signal: new AbortController().signal,
    onWait: (reason) => waits.push(reason),
  });

test("a large file that is refused before it was read is refused for the reason that was given", async () => {
  const path = join(folder, "large.wav");
  await writeFile(path, "");
  await truncate(path, 50_000_000);
  api.refusals.push({ status: 413, code: "upload-too-large" });
  await expect(send(await statFile(path))).rejects.toMatchObject({ code: "upload-too-large" });
  const waits: string[] = [];
  api.refusals.push({ status: 503, code: "unavailable", retryAfter: "7" });
  await send(await statFile(path), waits);
  expect(waits).toEqual([expect.stringMatching(/503.* in 7 s/)]);
});

test("all attempts with a file have one key, and no other file has it", async () => {
  const path = join(folder, "a.wav");
  await writeFile(path, "abc");
  const file = await statFile(path);
  api.refusals.push({ status: 503, code: "unavailable" }, { status: 429 });
  await send(file);
  await send(file);
  const [first, second, third, other] = api.keys;
  expect(first).toMatch(/^[\x21-\x7e]{20,}$/);
  expect([second, third]).toEqual([first, first]);
  expect(other).not.toBe(first);
});

test.each([-1, 1])("a file whose size is off by %i is said to have changed", async (difference) => {
  const path = join(folder, "a.wav");
  await writeFile(path, "0123456789");
  const file = await statFile(path);
  await expect(send({ ...file, sizeBytes: file.sizeBytes + difference })).rejects.toMatchObject({
    code: "file-changed",
  });
  expect(api.trackIds).toEqual([]);
});

test("a file that is gone when its turn comes is named so", async () => {
  const path = join(folder, "a.wav");
  await writeFile(path, "x");
  const file = await statFile(path);
  await rm(path);
  await expect(send(file)).rejects.toMatchObject({ code: "missing-path" });
  await expect(statFile(path)).rejects.toMatchObject({ code: "missing-path" });
  await expect(statFile(folder)).rejects.toMatchObject({ code: "not-a-file" });
});
