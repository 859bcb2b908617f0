// A disk that is full, a folder that is read-only, too many open files: said as they are, nothing half-stored, and over
// when they are over. The disk is a small one of the server's own, in a mount namespace that ends with it.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { countBlobs, createClient, type ServerProcess, startServerProcess } from "./gcs-under-test.ts";

const mayMount =
  spawnSync("unshare", ["-m", "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$0"', tmpdir()], {
    stdio: "ignore",
  }).status === 0;
if (!mayMount)
  console.warn("SKIPPED: what a full disk does to the Cloud Storage stand-in: no right to mount one");

let dataDir: string;
let server: ServerProcess;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "segue-gcs-trouble-"));
});
afterEach(async () => {
  const died = once(server.child, "exit");
  server.child.kill("SIGKILL");
  await died;
  await rm(dataDir, { recursive: true, force: true });
});

const onDisk = (sizeMiB: number) => [
  "unshare",
  "-m",
  "sh",
  "-c",
  `mount -t tmpfs -o size=${sizeMiB}m tmpfs "$0" && exec "$@"`,
  dataDir,
];
/** A path of the server's own disk, as this process reaches it. */
const inside = (...names: string[]) => join(`/proc/${server.child.pid}/root${dataDir}/gcs`, ...names);

const call = (method: string, path: string, body?: Buffer, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { method, headers, ...(body ? { body: new Uint8Array(body) } : {}) });
const upload = (name: string, body: Buffer) =>
  call("POST", `/upload/storage/v1/b/tracks/o?uploadType=media&name=${name}`, body);

async function expectTrouble(response: Response, words: string): Promise<void> {
  const text = await response.text();
  expect([response.status, text]).toEqual([503, expect.stringContaining(words)]);
  expect(response.headers.get("retry-after")).not.toBeNull();
}

async function readAll(): Promise<Record<string, number>> {
  const [files] = await createClient(server.url).bucket("tracks").getFiles();
  const sizes = await Promise.all(
    files.map(
      async (file) => [file.name, (await file.download({ validation: "crc32c" }))[0].length] as const,
    ),
  );
  return Object.fromEntries(sizes);
}

test.runIf(mayMount)("what does not fit is refused whole, and comes in once there is room", async () => {
  server = await startServerProcess(dataDir, 0, onDisk(24));
  await createClient(server.url).createBucket("tracks");
  expect((await upload("first", randomBytes(8_000_000))).status).toBe(200);
  const large = randomBytes(20_000_000);
  await expectTrouble(await upload("large", large), "the disk is full");
  await expectTrouble(await call("PUT", "/tracks/large", large), "the disk is full");
  const started = await call("POST", "/tracks/parts?uploads");
  const id = /<UploadId>(.*)<\/UploadId>/.exec(await started.text())?.[1];
  await expectTrouble(
    await call("PUT", `/tracks/parts?partNumber=1&uploadId=${id}`, large),
    "the disk is full",
  );
  expect(await readdir(inside("incoming"))).toEqual([]);
  expect(await readAll()).toEqual({ first: 8_000_000 });
  expect((await call("GET", "/healthz")).status).toBe(200);
  expect((await call("DELETE", "/storage/v1/b/tracks/o/first")).status).toBe(204);
  expect((await upload("large", large)).status).toBe(200);
  expect(await readAll()).toEqual({ large: 20_000_000 });
});

test.runIf(mayMount)("a resumable upload waits for room, and goes on with what had come", async () => {
  server = await startServerProcess(dataDir, 0, onDisk(24));
  await createClient(server.url).createBucket("tracks");
  const body = randomBytes(10_000_000);
  const session = new URL(
    (await createClient(server.url).bucket("tracks").file("long").createResumableUpload())[0],
  );
  const put = (start: number, end: number) =>
    call("PUT", session.pathname + session.search, body.subarray(start, end), {
      "content-range": `bytes ${start}-${end - 1}/${body.length}`,
    });
  expect((await put(0, 2_097_152)).status).toBe(308);
  await writeFile(inside("filler"), Buffer.alloc(18_000_000));
  await expectTrouble(await put(2_097_152, body.length), "the disk is full");
  await rm(inside("filler"));
  const asked = await call("PUT", session.pathname + session.search, undefined, {
    "content-range": `bytes */${body.length}`,
  });
  const received = Number(asked.headers.get("range")?.split("-")[1]) + 1;
  expect(received).toBeGreaterThanOrEqual(2_097_152);
  expect((await put(received, body.length)).status).toBe(200);
  expect((await createClient(server.url).bucket("tracks").file("long").download())[0].equals(body)).toBe(
    true,
  );
});

test.runIf(mayMount)("with not a byte left, reads go on, and nothing that was refused is found", async () => {
  server = await startServerProcess(dataDir, 0, onDisk(24));
  await createClient(server.url).createBucket("tracks");
  await upload("kept", randomBytes(1_000_000));
  await writeFile(inside("filler"), Buffer.alloc(30_000_000)).catch(() => {});
  // Until the log of the database, which has some room of its own, can't grow either.
  for (let index = 0; index < 50; index++) {
    const body = Buffer.from(JSON.stringify({ metadata: { index: `${index}`.repeat(500) } }));
    const { status } = await call("PATCH", "/storage/v1/b/tracks/o/kept", body);
    expect([200, 503]).toContain(status);
    await expectTrouble(await upload(`refused-${index}`, randomBytes(1000)), "the disk is full");
  }
  expect(Object.keys(await readAll())).toEqual(["kept"]);
  expect((await call("GET", "/healthz")).status).toBe(200);
  await rm(inside("filler"));
  expect((await upload("later", randomBytes(1000))).status).toBe(200);
  expect(await readAll()).toEqual({ kept: 1_000_000, later: 1000 });
  expect(await readdir(inside("incoming"))).toEqual([]);
});

test.runIf(mayMount)(
  "a folder that has become read-only takes nothing, is read, and takes again",
  async () => {
    server = await startServerProcess(dataDir, 0, onDisk(24));
    await createClient(server.url).createBucket("tracks");
    await upload("kept", randomBytes(1_000));
    const mount = (...args: string[]) =>
      expect(spawnSync("nsenter", ["-t", String(server.child.pid), "-m", ...args]).status).toBe(0);
    mount("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", join(dataDir, "gcs/incoming"));
    await expectTrouble(await upload("refused", randomBytes(1000)), "read-only");
    await expectTrouble(
      await call("POST", "/storage/v1/b/tracks/o/kept/copyTo/b/tracks/o/copy"),
      "read-only",
    );
    expect(await readAll()).toEqual({ kept: 1000 });
    mount("umount", join(dataDir, "gcs/incoming"));
    expect((await upload("later", randomBytes(1000))).status).toBe(200);
    expect(await readAll()).toEqual({ kept: 1000, later: 1000 });
  },
);

test("what the disk can't put in its place is there all the same, and put right by the next start", async () => {
  server = await startServerProcess(dataDir);
  await createClient(server.url).createBucket("tracks");
  await rename(join(dataDir, "gcs/blobs"), join(dataDir, "gcs/away"));
  for (const name of ["new", "other"]) expect((await upload(name, randomBytes(1000))).status).toBe(200);
  expect(await readAll()).toEqual({ new: 1000, other: 1000 });
  expect(await readdir(join(dataDir, "gcs/incoming"))).toHaveLength(2);
  await rename(join(dataDir, "gcs/away"), join(dataDir, "gcs/blobs"));
  expect(await readAll()).toEqual({ new: 1000, other: 1000 });
  const died = once(server.child, "exit");
  server.child.kill("SIGKILL");
  await died;
  server = await startServerProcess(dataDir);
  expect(await readAll()).toEqual({ new: 1000, other: 1000 });
  expect(await readdir(join(dataDir, "gcs/incoming"))).toEqual([]);
  expect(await countBlobs(join(dataDir, "gcs"))).toBe(2);
});

test.runIf(process.platform !== "win32")("too many open files are waited out, and end nothing", async () => {
  server = await startServerProcess(dataDir, 0, ["sh", "-c", 'ulimit -n 60 && exec "$@"', "sh"]);
  await createClient(server.url).createBucket("tracks");
  expect((await upload("kept", randomBytes(1_000))).status).toBe(200);
  const sockets: Socket[] = [];
  for (let index = 0; index < 100; index++) {
    sockets.push(connect(server.port, "127.0.0.1").on("error", () => {}));
  }
  // This connection was there before the others: its request is read, and finds no file to open.
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => upload(`many-${index}`, randomBytes(100_000))),
  );
  for (const outcome of outcomes)
    if (outcome.status === "fulfilled") expect([200, 503]).toContain(outcome.value.status);
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await upload("later", randomBytes(1000))).status).toBe(200);
  expect(server.child.exitCode).toBeNull();
  expect(await readAll()).toMatchObject({ kept: 1000, later: 1000 });
});
