// What comes through a door may do what its identity is granted; all else is refused in the cloud's words.
import type { Bucket } from "@google-cloud/storage";
import type { Access, DoorSpec } from "@segue/local-cloud/doors";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { operations } from "../../../packages/local-cloud/src/gcs/surface/operations.ts";
import { operationNeeds, xmlNeeds } from "../../../packages/local-cloud/src/gcs/surface/permissions.ts";
import { createClient, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

const door = (identity: string, ...verbs: string[]): DoorSpec => ({
  identity,
  port: 0,
  grants: verbs.map((verb) => ({ permission: `storage.objects.${verb}`, resource: "tracks" })),
});

let under: ServerUnderTest;
const accesses: Access[] = [];
beforeAll(async () => {
  under = await startServerUnderTest({
    doors: [
      door("nobody"),
      door("getter", "get"),
      door("reader", "get", "list"),
      door("creator", "create"),
      door("joiner", "get", "create"),
      door("writer", "get", "list", "create", "delete"),
    ],
    onAccess: (access) => accesses.push(access),
  });
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", under.server.credentialsPath);
  await under.storage.createBucket("records");
});
beforeEach(async () => {
  accesses.length = 0;
  for (const bucket of ["tracks", "records"])
    await under.storage.bucket(bucket).file("song").save("the master", { resumable: false });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await under[Symbol.asyncDispose]();
});

const urlOf = (identity: string) => `http://127.0.0.1:${under.server.doorPorts.get(identity)}`;
const bucketOf = (identity: string, bucket = "tracks"): Bucket =>
  createClient(urlOf(identity)).bucket(bucket);
const words = (identity: string, permission: string, what = "object") =>
  `${identity} does not have ${permission} access to the Google Cloud Storage ${what}. ` +
  `Permission '${permission}' denied on resource (or it may not exist).`;
const refusal = (identity: string, permission: string, what?: string) => ({
  code: 403,
  message: words(identity, permission, what),
  errors: [{ domain: "global", reason: "forbidden", message: words(identity, permission, what) }],
});

test("what is granted is done, and nothing else, nor anywhere else", async () => {
  const song = bucketOf("reader").file("song");
  expect(String((await song.download())[0])).toBe("the master");
  expect((await bucketOf("reader").getFiles())[0]).toHaveLength(1);
  await expect(song.delete()).rejects.toMatchObject(refusal("reader", "storage.objects.delete"));
  await expect(song.setMetadata({ contentType: "a/b" })).rejects.toMatchObject(
    refusal("reader", "storage.objects.update"),
  );
  await expect(song.save("another", { resumable: false })).rejects.toMatchObject(
    refusal("reader", "storage.objects.create"),
  );
  await expect(bucketOf("reader", "records").file("song").getMetadata()).rejects.toMatchObject(
    refusal("reader", "storage.objects.get"),
  );
  await expect(bucketOf("reader", "records").getFiles()).rejects.toMatchObject(
    refusal("reader", "storage.objects.list", "bucket"),
  );
  await expect(bucketOf("reader").delete()).rejects.toMatchObject(
    refusal("reader", "storage.buckets.delete", "bucket"),
  );
  expect(String((await under.bucket.file("song").download())[0])).toBe("the master");
});

test("of an object that is not there only those are told who may list, of a bucket everybody", async () => {
  await expect(bucketOf("reader").file("none").getMetadata()).rejects.toMatchObject({ code: 404 });
  await expect(bucketOf("getter").file("none").getMetadata()).rejects.toMatchObject(
    refusal("getter", "storage.objects.get"),
  );
  await expect(bucketOf("getter", "no-such-bucket").file("song").getMetadata()).rejects.toMatchObject({
    code: 404,
  });
});

describe("to write over an object takes the right to delete it", () => {
  test.each([true, false])("resumable: %j", async (resumable) => {
    const save = (identity: string, name: string, preconditionOpts = {}) =>
      bucketOf(identity).file(name).save("new", { resumable, preconditionOpts });
    await save("creator", `new-${resumable}`);
    await expect(save("creator", "song")).rejects.toMatchObject({ code: 403 });
    // Who wants no other to be there is told of it.
    await expect(save("creator", "song", { ifGenerationMatch: 0 })).rejects.toMatchObject({ code: 412 });
    expect(String((await under.bucket.file("song").download())[0])).toBe("the master");
    await save("writer", "song");
    expect(String((await under.bucket.file("song").download())[0])).toBe("new");
  });

  test("so does a join whose sources go with it", async () => {
    const join = (name: string, deleteSourceObjects: boolean) =>
      fetch(`${urlOf("joiner")}/storage/v1/b/tracks/o/${name}/compose`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ destination: {}, sourceObjects: [{ name: "song" }], deleteSourceObjects }),
      });
    expect((await join("kept", false)).status).toBe(200);
    expect((await join("gone", true)).status).toBe(403);
    expect(await under.bucket.file("gone").exists()).toEqual([false]);
    expect(await under.bucket.file("song").exists()).toEqual([true]);
  });

  test("a copy takes rights at both ends", async () => {
    const song = bucketOf("creator").file("song");
    await expect(song.copy(bucketOf("creator").file("copy"))).rejects.toMatchObject(
      refusal("creator", "storage.objects.get"),
    );
    const writer = bucketOf("writer");
    await writer.file("song").copy(writer.file("copy"));
    await expect(
      bucketOf("writer").file("song").copy(bucketOf("writer", "records").file("copy")),
    ).rejects.toMatchObject(refusal("writer", "storage.objects.create"));
  });
});

test("an upload that has begun goes on through the same door", async () => {
  const [uri] = await bucketOf("creator").file("begun").createResumableUpload();
  expect(uri).toContain(urlOf("creator"));
  expect((await fetch(uri, { method: "PUT", body: "all of it" })).status).toBe(200);
});

test("the calls of a batch are asked about one by one", async () => {
  const part = (path: string) => `--b\r\nContent-Type: application/http\r\n\r\nGET ${path} HTTP/1.1\r\n\r\n`;
  const answer = await fetch(`${urlOf("reader")}/batch/storage/v1`, {
    method: "POST",
    headers: { "content-type": "multipart/mixed; boundary=b" },
    body: `${part("/storage/v1/b/tracks/o/song")}${part("/storage/v1/b/records/o/song")}--b--`,
  });
  const statuses = (await answer.text()).match(/HTTP\/1\.1 \d+/g);
  expect(statuses).toEqual(["HTTP/1.1 200", "HTTP/1.1 403"]);
});

test("a signed URL is of who signed it, whatever it comes through; a forged one is not", async () => {
  const [url] = await under.bucket
    .file("song")
    .getSignedUrl({ version: "v4", action: "read", expires: Date.now() + 60_000 });
  const { pathname, search } = new URL(url);
  const signed = await fetch(`${urlOf("nobody")}${pathname}${search}`);
  expect([signed.status, await signed.text()]).toEqual([200, "the master"]);
  const forged = await fetch(`${urlOf("nobody")}${pathname}${search.replace(/.$/, "x")}`);
  expect(forged.status).toBe(403);
  const unsigned = await fetch(`${urlOf("nobody")}${pathname}`);
  const text = await unsigned.text();
  expect([unsigned.status, text]).toEqual([403, expect.stringContaining("<Code>AccessDenied</Code>")]);
  expect(text).toContain("nobody does not have storage.objects.get access");
});

test("whoever asks is told what may be done", async () => {
  const permissions = ["storage.objects.get", "storage.objects.create"];
  const [held] = await bucketOf("getter").iam.testPermissions(permissions);
  expect(held).toEqual({ "storage.objects.get": true, "storage.objects.create": false });
  const [all] = await under.bucket.iam.testPermissions(permissions);
  expect(all).toEqual({ "storage.objects.get": true, "storage.objects.create": true });
});

test("what is asked for is told, with the answer", async () => {
  await bucketOf("getter").file("song").getMetadata();
  await expect(bucketOf("getter").file("song").delete()).rejects.toMatchObject({ code: 403 });
  const about = { identity: "getter", resource: "tracks", object: "song" };
  expect(accesses).toEqual([
    { ...about, permission: "storage.objects.get", grantedBy: "tracks" },
    { ...about, permission: "storage.objects.delete", grantedBy: null },
  ]);
});

describe("every route has what it takes", () => {
  test.each(operations)("$name", async ({ name, method, path }) => {
    const at = path.replaceAll(/\{(?:b|toB)ucket\}/g, "tracks").replaceAll(/\{\w+\}/g, "song");
    const answer = await fetch(`${urlOf("nobody")}/storage/v1/${at}`, { method });
    expect(answer.status).toBe(operationNeeds[name].length > 0 ? 403 : 200);
  });

  const methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"];
  const places = { bucket: "/tracks", object: "/tracks/song" };
  const parts = { "": "", uploads: "?uploads", uploadId: "?uploadId=1&partNumber=1" };
  const asked = Object.entries(places).flatMap(([what, path]) =>
    Object.entries(parts).flatMap(([part, query]) =>
      methods.map((method) => ({ name: `${method} ${what} ${part}`.trim(), method, url: `${path}${query}` })),
    ),
  );

  test.each(asked)("XML: $name", async ({ name, method, url }) => {
    const answer = await fetch(`${urlOf("nobody")}${url}`, { method });
    if (xmlNeeds[name]?.length === 0) return;
    expect(answer.status).toBe(403);
    if (xmlNeeds[name]) return;
    // What has no entry is nothing that this server does for anybody.
    const ordinary = await fetch(`${under.server.url}${url}`, { method });
    expect(ordinary.status).toBeGreaterThanOrEqual(400);
  });
});
