import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { countBlobs, createClient, listIncoming, startServerProcess } from "./gcs-under-test.ts";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "segue-gcs-kill-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** Bytes that anybody can make again from the name. */
function makeBody(name: string, sizeBytes: number): Buffer {
  const seed = createHash("sha512").update(name).digest();
  return Buffer.alloc(sizeBytes, seed);
}

async function uploadUntilKilled(
  url: string,
  worker: string,
  acknowledged: Map<string, number>,
): Promise<void> {
  const bucket = createClient(url).bucket("tracks");
  for (let index = 0; ; index++) {
    const name = `${worker}/${index}`;
    const size = [500, 300_000, 4_000_000][index % 3] ?? 0;
    await bucket.file(name).save(makeBody(name, size), { resumable: index % 2 === 0, validation: false });
    acknowledged.set(name, size);
    // Replacing and deleting must survive as well.
    if (index % 4 !== 3) continue;
    // From here on either content may be found.
    acknowledged.delete(`${worker}/${index - 3}`);
    await bucket.file(`${worker}/${index - 3}`).save(makeBody(name, 1000), { resumable: false });
  }
}

test("kill -9 in the middle of uploads, again and again: what was acknowledged is whole, nothing else is left", async () => {
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < 6; round++) {
    const { child, url } = await startServerProcess(dataDir);
    const died = once(child, "exit");
    if (round === 0) await createClient(url).createBucket("tracks");
    const workers = [0, 1, 2].map((worker) =>
      uploadUntilKilled(url, `round-${round}-${worker}`, acknowledged),
    );
    const ended = Promise.allSettled(workers);
    // In the middle, however fast the machine is: after a few were acknowledged, at another moment each round.
    const before = acknowledged.size;
    while (acknowledged.size < before + 4) await sleep(10);
    await sleep(17 * round);
    child.kill("SIGKILL");
    await died;
    await ended;
  }
  expect(acknowledged.size).toBeGreaterThan(20);
  const { child, url } = await startServerProcess(dataDir);
  const bucket = createClient(url).bucket("tracks");
  const [files] = await bucket.getFiles();
  for (const file of files) {
    const [bytes] = await file.download({ validation: "crc32c" });
    expect(bytes.length).toBe(Number(file.metadata.size));
  }
  const names = new Set(files.map(({ name }) => name));
  for (const [name, size] of acknowledged) {
    expect(names).toContain(name);
    expect((await bucket.file(name).download())[0].equals(makeBody(name, size))).toBe(true);
  }
  expect(await countBlobs(join(dataDir, "gcs"))).toBe(files.length);
  // Open resumable sessions keep their bytes; everything else that was under way is gone.
  const open = (await listIncoming(join(dataDir, "gcs"))).length;
  expect(open).toBeLessThanOrEqual(18);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

test("a resumable upload goes on after the server was killed", async () => {
  const body = randomBytes(3_000_000);
  const first = await startServerProcess(dataDir);
  await createClient(first.url).createBucket("tracks");
  const [uri] = await createClient(first.url).bucket("tracks").file("long").createResumableUpload();
  const put = (at: string, start: number, end: number, total: string) =>
    fetch(at, {
      method: "PUT",
      body: new Uint8Array(body.subarray(start, end)),
      headers: { "content-range": `bytes ${start}-${end - 1}/${total}` },
    });
  expect((await put(uri, 0, 1_048_576, "*")).status).toBe(308);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  const second = await startServerProcess(dataDir, first.port);
  const asked = await fetch(uri, { method: "PUT", headers: { "content-range": "bytes */3000000" } });
  expect([asked.status, asked.headers.get("range")]).toEqual([308, "bytes=0-1048575"]);
  expect((await put(uri, 1_048_576, 3_000_000, "3000000")).status).toBe(200);
  const [read] = await createClient(second.url)
    .bucket("tracks")
    .file("long")
    .download({ validation: "crc32c" });
  expect(read.equals(body)).toBe(true);
  second.child.kill("SIGTERM");
  expect(await once(second.child, "exit")).toEqual([0, null]);
});

test("parts of a multipart upload that were acknowledged are there after kill -9, and nothing else is", async () => {
  const large = randomBytes(5 * 1024 * 1024);
  let { child, port, url } = await startServerProcess(dataDir);
  await createClient(url).createBucket("tracks");
  const started = await fetch(`${url}/tracks/parts?uploads`, { method: "POST" });
  const id = /<UploadId>(.*)<\/UploadId>/.exec(await started.text())?.[1];
  const put = (number: number) =>
    fetch(`${url}/tracks/parts?partNumber=${number}&uploadId=${id}`, {
      method: "PUT",
      body: new Uint8Array(large),
    });
  const etags = new Map<number, string>();
  for (let number = 1; number <= 4; number++) {
    etags.set(number, (await put(number)).headers.get("etag") ?? "");
    // The next one, and this one a second time, are under way.
    const cut = [put(number), put(number + 1)].map((one) => one.catch(() => {}));
    const died = once(child, "exit");
    setTimeout(() => child.kill("SIGKILL"), number * 3);
    await Promise.all([died, ...cut]);
    ({ child, port, url } = await startServerProcess(dataDir, port));
  }
  const parts = [...etags].map(
    ([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
  );
  const completed = await fetch(`${url}/tracks/parts?uploadId=${id}`, {
    method: "POST",
    body: `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`,
  });
  expect(completed.status).toBe(200);
  const [bytes] = await createClient(url).bucket("tracks").file("parts").download({ validation: "crc32c" });
  expect(bytes.equals(Buffer.concat([large, large, large, large]))).toBe(true);
  expect(await listIncoming(join(dataDir, "gcs"))).toEqual([]);
  expect(await countBlobs(join(dataDir, "gcs"))).toBe(4);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
});

async function readResidentBytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

test.runIf(process.platform === "linux")("a 300 MB object passes through in flat memory", async () => {
  const { child, url } = await startServerProcess(dataDir);
  await createClient(url).createBucket("tracks");
  const file = createClient(url).bucket("tracks").file("mix");
  const block = randomBytes(1024 * 1024);
  await file.save(block, { resumable: false });
  await file.download();
  const before = await readResidentBytes(child.pid);
  const blocks = async function* () {
    for (let index = 0; index < 300; index++) yield block;
  };
  await pipeline(Readable.from(blocks()), file.createWriteStream({ resumable: false, validation: false }));
  let sizeBytes = 0;
  for await (const chunk of file.createReadStream({ validation: false })) sizeBytes += chunk.length;
  expect(sizeBytes).toBe(300 * 1024 * 1024);
  const grownBytes = (await readResidentBytes(child.pid)) - before;
  expect(grownBytes).toBeLessThan(100 * 1024 * 1024);
  child.kill("SIGTERM");
  await once(child, "exit");
});
