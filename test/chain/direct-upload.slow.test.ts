// Files that go to storage directly, into a fleet of real processes: broken off at every turn, gone on with, and the same as any other in the end.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { createNames, localNaming } from "@segue/chain";
import { runProgram } from "@segue/cli/testing";
import { openFileParts, uploadResumable } from "@segue/client";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { storeOf } from "../support/cloud.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { tone } from "../support/tone.ts";

const names = createNames(localNaming);
const chunkBytes = 256 * 1024;
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

let running: FleetUnderTest;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-direct-"));
  running = await startFleetUnderTest();
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true, force: true });
});

async function left(): Promise<string[]> {
  const prefix = { bucket: names.bucket("uploads"), prefix: "" };
  return (await storeOf(running.fleet.env).listObjects(prefix)).objects.map(({ name }) => name);
}

/** A file of its own, of some parts. */
async function makeFile(hz: number): Promise<{ path: string; bytes: Buffer }> {
  const path = join(dir, `${hz}.wav`);
  const bytes = tone(hz, 12);
  await writeFile(path, bytes);
  return { path, bytes };
}

/** The track has these bytes and all results, and storage has them once. */
async function expectTrack(id: string, bytes: Buffer): Promise<void> {
  const track = await running.client.ended(id);
  expect([track.state, track.master, track.sizeBytes]).toEqual(["done", sha256(bytes), bytes.length]);
  const kept = { bucket: names.bucket("masters"), name: sha256(bytes) };
  expect((await storeOf(running.fleet.env).readObject(kept)).equals(bytes)).toBe(true);
  await vi.waitUntil(async () => (await left()).length === 0, { timeout: 60_000 });
}

/** A process that sends the file and tells how much has come; it is killed when half of it has. */
async function killHalfway(path: string, uploads: string): Promise<string> {
  const program = `
    import { createApiClient, openFileParts, uploadResumable } from "@segue/client";
    const api = createApiClient(process.argv[1]);
    const file = await openFileParts(process.argv[2]);
    await uploadResumable(api, file, { title: "killed" }, {
      chunkBytes: ${chunkBytes},
      onBegun: ({ id }) => console.log(id),
      onProgress: ({ receivedBytes, sizeBytes }) => {
        if (2 * receivedBytes >= sizeBytes) process.kill(process.pid, "SIGKILL");
      },
    });`;
  const args = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program, uploads, path];
  const child = spawn(process.execPath, args, {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const [, signal] = await once(child, "close");
  expect(signal).toBe("SIGKILL");
  return said.trim();
}

test("a client that was killed midway is gone on with by another, from where the file is", async () => {
  const { path, bytes } = await makeFile(220);
  const { api, apiUrl } = { api: running.client.api, apiUrl: running.fleet.apiUrl };
  const uploadId = await killHalfway(path, apiUrl);
  await using file = await openFileParts(path);
  const seen: number[] = [];
  const { id } = await uploadResumable(
    api,
    file,
    {},
    {
      ...{ uploadId, chunkBytes },
      onProgress: ({ receivedBytes }) => seen.push(receivedBytes),
    },
  );
  expect(id).toBe(uploadId);
  expect(seen[0]).toBeGreaterThanOrEqual(bytes.length / 2);
  expect(seen.at(-1)).toBe(bytes.length);
  await expectTrack(id, bytes);
  expect(await running.client.track(id)).toMatchObject({ title: "killed", fileName: null });
});

test("the whole fleet is killed while a file is under way, and the file is gone on with", async () => {
  const { path, bytes } = await makeFile(770);
  await using file = await openFileParts(path);
  const stopping = new AbortController();
  let uploadId = "";
  const half = {
    ...{ chunkBytes, signal: stopping.signal },
    onBegun: ({ id }: { id: string }) => {
      uploadId = id;
    },
    onProgress: ({ receivedBytes, sizeBytes }: { receivedBytes: number; sizeBytes: number }) => {
      if (2 * receivedBytes >= sizeBytes) stopping.abort(new Error("half of it"));
    },
  };
  await expect(uploadResumable(running.client.api, file, {}, half)).rejects.toThrow("half of it");
  await running.killAndRestart();
  const begun = await running.client.api.readUpload(uploadId);
  expect(begun).toMatchObject({
    state: "open",
    receivedBytes: expect.toSatisfy((n) => 2 * n >= bytes.length),
  });
  const { id } = await uploadResumable(running.client.api, file, {}, { uploadId, chunkBytes });
  await expectTrack(id, bytes);
});

test("a client that is dead after its last byte has its track within minutes", async () => {
  const { path, bytes } = await makeFile(330);
  await using file = await openFileParts(path);
  const { api } = running.client;
  const { id, sessionUrl } = await api.beginUpload({ sizeBytes: file.sizeBytes, sha256: sha256(bytes) });
  const part = { start: 0, bytes, sizeBytes: bytes.length };
  expect(await api.sendPart(sessionUrl ?? expect.unreachable(), part)).toBe(bytes.length);
  await vi.waitUntil(async () => (await api.readUpload(id))?.state === "accepted", {
    ...{ timeout: 300_000, interval: 500 },
  });
  await expectTrack(id, bytes);
});

test("what is not what was announced ends as a failure of its track, and leaves nothing", async () => {
  const { path, bytes } = await makeFile(440);
  await using file = await openFileParts(path);
  const { api } = running.client;
  const { id } = await uploadResumable(api, file, { sha256: sha256(Buffer.from("another")) });
  const track = await running.client.ended(id);
  expect(track).toMatchObject({ state: "failed", master: null });
  expect(track.steps[0]).toMatchObject({ step: "fetch", error: { code: "source-differs" } });
  const kept = { bucket: names.bucket("masters"), name: sha256(bytes) };
  expect(await storeOf(running.fleet.env).statObject(kept)).toBeUndefined();
  await vi.waitUntil(async () => (await left()).length === 0, { timeout: 60_000 });
});

test("segue add --direct sends files so, and sends none twice, whatever its journal has forgotten", async () => {
  const { path, bytes } = await makeFile(550);
  const add = async (journal: string) => {
    let said = "";
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        said += chunk;
        done();
      },
    });
    const args = ["add", "--direct", path, "--json", "--journal", join(dir, journal)];
    const code = await runProgram([...args, "--api", running.fleet.apiUrl], {
      ...{ config: { cwd: dir, env: { ...running.fleet.env } }, stdout, stderr: process.stderr },
    });
    expect(code).toBe(0);
    return JSON.parse(said) as { status: string; trackId: string };
  };
  const first = await add("a.jsonl");
  expect(first.status).toBe("accepted");
  await expectTrack(first.trackId, bytes);
  expect(await add("a.jsonl")).toEqual({ ...first, status: "skipped" });
  expect(await add("b.jsonl")).toEqual(first);
});
