import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countBlobs, type ServerUnderTest, send, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

const call = (method: string, path: string, init?: RequestInit) => send(under, method, path, init);

const read = async (name: string) => (await under.bucket.file(name).download())[0];

describe("XML multipart uploads", () => {
  const start = async (name: string, headers = {}) => {
    const { text } = await call("POST", `/tracks/${name}?uploads`, { headers });
    return /<UploadId>(.*)<\/UploadId>/.exec(text)?.[1] ?? "";
  };
  const put = async (name: string, id: string, number: number, body: Buffer) => {
    const { status, headers } = await call("PUT", `/tracks/${name}?partNumber=${number}&uploadId=${id}`, {
      body: new Uint8Array(body),
    });
    expect(status).toBe(200);
    return { number, etag: headers.get("etag") ?? "" };
  };
  const complete = (name: string, id: string, parts: { number: number; etag: string }[]) =>
    call("POST", `/tracks/${name}?uploadId=${id}`, {
      body: `<CompleteMultipartUpload>${parts.map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag.replaceAll('"', "&quot;")}</ETag></Part>`).join("")}</CompleteMultipartUpload>`,
    });
  const large = randomBytes(5 * 1024 * 1024);
  const small = randomBytes(1000);

  test("parts in any order become the object, the newest of a number, with what was stated at the start", async () => {
    const before = await countBlobs(under.dataDir);
    const id = await start("parts", { "content-type": "audio/wav", "x-goog-meta-a": "1" });
    const last = await put("parts", id, 7, small);
    await put("parts", id, 2, randomBytes(10));
    const first = await put("parts", id, 2, large);
    const listed = await call("GET", `/tracks/parts?uploadId=${id}`);
    expect([...listed.text.matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => number)).toEqual(["2", "7"]);
    expect((await call("GET", "/tracks?uploads")).text).toContain(id);
    expect(await under.bucket.file("parts").exists()).toEqual([false]);
    expect((await complete("parts", id, [first, last])).status).toBe(200);
    const [metadata] = await under.bucket.file("parts").getMetadata();
    expect(metadata).toMatchObject({
      contentType: "audio/wav",
      metadata: { a: "1" },
      size: String(large.length + 1000),
    });
    expect(metadata.md5Hash).toBeUndefined();
    const [bytes] = await under.bucket.file("parts").download({ validation: "crc32c" });
    expect(bytes.equals(Buffer.concat([large, small]))).toBe(true);
    expect((await complete("parts", id, [first, last])).status).toBe(404);
    await under.bucket.file("parts").delete();
    expect(await countBlobs(under.dataDir)).toBe(before);
  });

  test("what is not there, out of order or too small does not become an object", async () => {
    const id = await start("wrong");
    const one = await put("wrong", id, 1, small);
    const two = await put("wrong", id, 2, small);
    const codes = [[one, two], [two, one], [{ ...one, etag: '"0"' }], [{ number: 9, etag: one.etag }], []];
    const words = ["EntityTooSmall", "InvalidPartOrder", "InvalidPart", "InvalidPart", "MalformedXML"];
    for (const [index, parts] of codes.entries()) {
      const { status, text } = await complete("wrong", id, parts);
      expect([status, text]).toEqual([400, expect.stringContaining(words[index] ?? "")]);
    }
    expect(await under.bucket.file("wrong").exists()).toEqual([false]);
    // One part may be as small as it likes.
    expect((await complete("wrong", id, [one])).status).toBe(200);
    expect((await read("wrong")).equals(small)).toBe(true);
  });

  test("an upload that is given up leaves nothing", async () => {
    const before = await countBlobs(under.dataDir);
    const id = await start("given-up");
    await put("given-up", id, 1, small);
    expect((await call("DELETE", `/tracks/given-up?uploadId=${id}`)).status).toBe(204);
    expect((await call("PUT", `/tracks/given-up?partNumber=1&uploadId=${id}`, { body: "x" })).status).toBe(
      404,
    );
    expect(await countBlobs(under.dataDir)).toBe(before);
  });
});
