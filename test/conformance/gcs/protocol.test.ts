// What other clients than Google's for Node send, byte for byte as they send it.
import { createHash, createSign, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countBlobs, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

const read = async (name: string) => (await under.bucket.file(name).download())[0];

async function call(method: string, path: string, init: RequestInit = {}) {
  const response = await fetch(`${under.server.url}${path}`, { method, ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

describe("multipart uploads", () => {
  const media = [Buffer.from("x\r\n--y--\r\n"), Buffer.from("\n"), Buffer.alloc(0), randomBytes(100_000)];

  test.each([
    ["CRLF, no quotes", "\r\n", "===123==", "===123=="],
    ["CRLF, double quotes", "\r\n", "===123==", '"===123=="'],
    [
      "line feeds, single quotes, as gcloud sends them",
      "\n",
      "===============7330845974216740156==",
      "'===============7330845974216740156=='",
    ],
    ["an apostrophe that belongs to the boundary", "\r\n", "'a'", "'a'"],
  ])("%s", async (_, eol, boundary, written) => {
    for (const [index, bytes] of media.entries()) {
      const name = `form-${index}`;
      const body = Buffer.concat([
        Buffer.from(
          `--${boundary}${eol}Content-Type: application/json${eol}MIME-Version: 1.0${eol}${eol}{"name":"${name}"}`,
        ),
        Buffer.from(
          `${eol}--${boundary}${eol}Content-Type: audio/wav${eol}Content-Transfer-Encoding: binary${eol}${eol}`,
        ),
        bytes,
        Buffer.from(`${eol}--${boundary}--`),
      ]);
      const headers = { "content-type": `multipart/related; boundary=${written}` };
      const { status, text } = await call("POST", "/upload/storage/v1/b/tracks/o?uploadType=multipart", {
        body,
        headers,
      });
      expect([status, text]).toEqual([200, expect.stringContaining('"contentType":"audio/wav"')]);
      expect((await read(name)).equals(bytes)).toBe(true);
    }
  });

  test("another boundary than the header's is refused", async () => {
    const body = '--other\r\n\r\n{"name":"x"}\r\n--other\r\n\r\nx\r\n--other--';
    const headers = { "content-type": "multipart/related; boundary=mine" };
    expect(
      (await call("POST", "/upload/storage/v1/b/tracks/o?uploadType=multipart", { body, headers })).status,
    ).toBe(400);
  });
});

test("an object of any size has an MD5, one that was joined has none", async () => {
  const body = randomBytes(9_000_000);
  const path = "/upload/storage/v1/b/tracks/o?uploadType=media&name=large";
  const { json } = await call("POST", path, { body: new Uint8Array(body) });
  expect(json().md5Hash).toBe(createHash("md5").update(body).digest("base64"));
  await under.bucket.combine(
    [under.bucket.file("large"), under.bucket.file("large")],
    under.bucket.file("joined"),
  );
  expect((await under.bucket.file("joined").getMetadata())[0].md5Hash).toBeUndefined();
});

test("a client that asks for no 308 gets a 200 that stands for it", async () => {
  const started = await call("POST", "/upload/storage/v1/b/tracks/o?uploadType=resumable&name=go", {
    body: "{}",
  });
  const session = new URL(started.headers.get("location") ?? "");
  const put = (range: string, size: number) =>
    call("PUT", session.pathname + session.search, {
      body: new Uint8Array(size),
      headers: { "content-range": range, "x-guploader-no-308": "yes" },
    });
  const half = await put("bytes 0-262143/*", 262_144);
  expect([half.status, half.headers.get("x-http-status-code-override"), half.headers.get("range")]).toEqual([
    200,
    "308",
    "bytes=0-262143",
  ]);
  const whole = await put("bytes 262144-262144/262145", 1);
  expect([whole.status, whole.headers.get("x-http-status-code-override")]).toEqual([200, null]);
  expect(whole.json().size).toBe("262145");
});

test("an update takes what it does not name away; a patch does not", async () => {
  const file = under.bucket.file("updated");
  await file.save("x", {
    resumable: false,
    metadata: { contentType: "audio/wav", cacheControl: "no-store", metadata: { a: "1", b: "2" } },
  });
  const [whole] = await file.getMetadata();
  const path = "/storage/v1/b/tracks/o/updated";
  // A client hands back the resource that it was given, with what it has changed.
  const put = await call("PUT", path, { body: JSON.stringify({ ...whole, metadata: { a: "3" } }) });
  expect(put.json()).toMatchObject({
    contentType: "audio/wav",
    cacheControl: "no-store",
    metadata: { a: "3" },
    metageneration: "2",
  });
  expect(put.json().metadata).toEqual({ a: "3" });
  const bare = await call("PUT", path, { body: "{}" });
  expect(bare.json()).toMatchObject({ storageClass: "STANDARD", size: "1" });
  expect(bare.json()).not.toHaveProperty("contentType");
  expect((await call("PUT", path, { body: JSON.stringify({ storageClass: "COLDLINE" }) })).status).toBe(400);
  await under.bucket.setMetadata({ labels: { a: "1" }, cors: [{ origin: ["*"] }] });
  const bucket = await call("PUT", "/storage/v1/b/tracks", { body: JSON.stringify({ labels: { b: "2" } }) });
  expect(bucket.json()).toMatchObject({ name: "tracks", labels: { b: "2" } });
  expect(bucket.json()).not.toHaveProperty("cors");
});

test("a custom time is a time, and never goes back", async () => {
  await under.bucket.file("timed").save("x", { resumable: false });
  const patch = (customTime: unknown) =>
    call("PATCH", "/storage/v1/b/tracks/o/timed", { body: JSON.stringify({ customTime }) });
  expect((await patch("yesterday")).status).toBe(400);
  expect((await patch("2026-01-02T00:00:00Z")).status).toBe(200);
  expect((await patch("2026-01-01T00:00:00Z")).status).toBe(400);
  expect((await patch(null)).status).toBe(400);
  expect((await patch("2026-01-03T00:00:00.5+01:00")).status).toBe(200);
});

test("fields chooses what of an answer comes", async () => {
  await under.bucket.file("chosen").save("x", { resumable: false });
  const list = await call("GET", "/storage/v1/b/tracks/o?prefix=chosen&fields=items(name,size)");
  expect(list.json()).toEqual({ items: [{ name: "chosen", size: "1" }] });
  const one = await call("GET", "/storage/v1/b/tracks/o/chosen?fields=bucket,name");
  expect(one.json()).toEqual({ bucket: "tracks", name: "chosen" });
  expect((await call("GET", "/storage/v1/b/tracks/o/chosen?fields=a(")).status).toBe(400);
});

describe("lists", () => {
  test("a glob, an empty end, and folders that are objects themselves", async () => {
    const [bucket] = await under.storage.createBucket("globs");
    for (const name of ["a.wav", "dir/", "dir/b.wav", "dir/c.txt", "z"])
      await bucket.file(name).save("x", { resumable: false });
    const list = async (query: string) => {
      const { items = [], prefixes = [] } = (await call("GET", `/storage/v1/b/globs/o?${query}`)).json();
      return [...items.map(({ name }: { name: string }) => name), ...prefixes];
    };
    expect(await list("matchGlob=**.wav")).toEqual(["a.wav", "dir/b.wav"]);
    expect(await list("matchGlob=*.wav")).toEqual(["a.wav"]);
    expect(await list("matchGlob=dir/{b,c}.*&maxResults=1&fields=items(name)")).toEqual(["dir/b.wav"]);
    expect(await list("endOffset=&startOffset=&pageToken=&delimiter=")).toHaveLength(5);
    expect(await list("delimiter=/")).toEqual(["a.wav", "z", "dir/"]);
    expect(await list("delimiter=/&includeTrailingDelimiter=true")).toEqual(["a.wav", "dir/", "z", "dir/"]);
    expect((await call("GET", "/storage/v1/b/globs/o?matchGlob=[a")).status).toBe(400);
    const xml = await call("GET", "/globs?delimiter=/&max-keys=2");
    expect(xml.text).toContain("<Key>a.wav</Key>");
    expect(xml.text).toContain("<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>");
    expect(xml.text).toContain("<IsTruncated>true</IsTruncated>");
    const next = /<NextMarker>(.*)<\/NextMarker>/.exec(xml.text)?.[1];
    const rest = await call("GET", `/globs?delimiter=/&marker=${next}`);
    expect([...rest.text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key)).toEqual(["z"]);
  });

  test("pages of a glob hold each match once, however many names lie between", async () => {
    const [bucket] = await under.storage.createBucket("sparse");
    const names = Array.from(
      { length: 60 },
      (_, index) => `${String(index).padStart(2, "0")}.${index % 7 === 0 ? "wav" : "txt"}`,
    );
    await Promise.all(names.map((name) => bucket.file(name).save("x", { resumable: false })));
    const found: string[] = [];
    let pageToken = "";
    do {
      const page = (
        await call("GET", `/storage/v1/b/sparse/o?matchGlob=*.wav&maxResults=2&pageToken=${pageToken}`)
      ).json();
      expect(page.items.length).toBeLessThanOrEqual(2);
      found.push(...page.items.map(({ name }: { name: string }) => name));
      pageToken = page.nextPageToken ?? "";
    } while (pageToken);
    expect(found).toEqual(names.filter((name) => name.endsWith(".wav")));
  });
});

describe("batches", () => {
  const part = (id: number, request: string) =>
    `--===7330845974216740156==\r\nContent-Type: application/http\r\nMIME-Version: 1.0\r\nContent-ID: <b29c5de2 + ${id}>\r\n\r\n${request}\r\n`;
  const send = (body: string) =>
    call("POST", "/batch/storage/v1", {
      body: `${body}--===7330845974216740156==--`,
      headers: { "content-type": 'multipart/mixed; boundary="===7330845974216740156=="' },
    });

  test("each call is answered for itself, in order, under its id", async () => {
    await under.bucket.file("in/batch").save("x", { resumable: false });
    const json = '{"metadata": {"a": "1"}}';
    const { status, text, headers } = await send(
      part(
        1,
        `PATCH /storage/v1/b/tracks/o/in%2Fbatch HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
      ) +
        part(2, "GET /storage/v1/b/tracks/o/absent HTTP/1.1\r\n\r\n") +
        part(3, "DELETE /storage/v1/b/tracks/o/in%2Fbatch?ifMetagenerationMatch=2 HTTP/1.1\r\n\r\n"),
    );
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^multipart\/mixed; boundary=/);
    expect(
      [...text.matchAll(/Content-ID: (.*)\r\n\r\nHTTP\/1\.1 (\d+)/g)].map(([, id, code]) => [id, code]),
    ).toEqual([
      ["<response-b29c5de2 + 1>", "200"],
      ["<response-b29c5de2 + 2>", "404"],
      ["<response-b29c5de2 + 3>", "204"],
    ]);
    expect(await under.bucket.file("in/batch").exists()).toEqual([false]);
  });

  test.each([
    ["an upload", part(1, "POST /upload/storage/v1/b/tracks/o?uploadType=media&name=x HTTP/1.1\r\n\r\nx")],
    ["a download", part(1, "GET /storage/v1/b/tracks/o/x?alt=media HTTP/1.1\r\n\r\n")],
    [
      "more than a hundred calls",
      Array.from({ length: 101 }, (_, id) => part(id, "GET /storage/v1/b HTTP/1.1\r\n\r\n")).join(""),
    ],
    ["no request", part(1, "tracks")],
  ])("%s is refused", async (_, body) => {
    expect((await send(body)).status).toBe(400);
  });
});

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

describe("tokens", () => {
  const sign = (change: Record<string, unknown> = {}, spoil = "") => {
    const account = JSON.parse(readFileSync(under.server.credentialsPath, "utf8"));
    const nowSec = Math.floor(Date.now() / 1000);
    const claims = {
      iss: account.client_email,
      scope: "x",
      aud: account.token_uri,
      iat: nowSec,
      exp: nowSec + 3600,
      ...change,
    };
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${encode({ alg: "RS256", typ: "JWT", kid: account.private_key_id })}.${encode(claims)}`;
    const signature = createSign("RSA-SHA256").update(text).sign(account.private_key, "base64url");
    return { account, assertion: `${text}${spoil}.${signature}` };
  };
  const ask = (url: string, assertion: string) =>
    fetch(url, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }),
    });

  test("the service account file says where its assertions are traded for tokens", async () => {
    const { account, assertion } = sign();
    expect(account).toMatchObject({
      type: "service_account",
      private_key_id: expect.any(String),
      client_id: expect.stringMatching(/^\d+$/),
    });
    const response = await ask(account.token_uri, assertion);
    expect([response.status, await response.json()]).toEqual([
      200,
      { access_token: expect.any(String), token_type: "Bearer", expires_in: 3600 },
    ]);
  });

  test.each([
    ["another issuer", { iss: "eve@example.com" }, ""],
    ["an old one", { iat: 1_000, exp: 4_600 }, ""],
    ["one that was changed", {}, "A"],
    ["one without times", { iat: undefined, exp: undefined }, ""],
  ])("%s gets none", async (_, change, spoil) => {
    const { account, assertion } = sign(change, spoil);
    const response = await ask(account.token_uri, assertion);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ error: "invalid_grant" }),
    ]);
  });
});

test("a move is one step: the new name is there, the old one gone, and neither when a condition fails", async () => {
  const file = under.bucket.file("old name");
  await file.save("bytes", { resumable: false, metadata: { metadata: { a: "1" } } });
  const move = (query: string) =>
    call("POST", `/storage/v1/b/tracks/o/old%20name/moveTo/o/new%2Fname${query}`);
  expect((await move("?ifSourceGenerationMatch=1")).status).toBe(412);
  expect(await file.exists()).toEqual([true]);
  expect((await move("")).json()).toMatchObject({ name: "new/name", metadata: { a: "1" }, size: "5" });
  expect(await file.exists()).toEqual([false]);
  expect((await read("new/name")).toString()).toBe("bytes");
});

test("entity tags and dates are conditions", async () => {
  const file = under.bucket.file("tagged");
  await file.save("bytes", { resumable: false });
  const etag = (await file.getMetadata())[0].etag ?? "";
  const get = async (path: string, headers: Record<string, string>) =>
    (await call("GET", path, { headers })).status;
  for (const path of ["/storage/v1/b/tracks/o/tagged", "/tracks/tagged"]) {
    expect(await get(path, { "if-none-match": `"${etag}"` })).toBe(304);
    expect(await get(path, { "if-none-match": '"other"' })).toBe(200);
    expect(await get(path, { "if-match": `"${etag}"` })).toBe(200);
    expect(await get(path, { "if-match": '"other"' })).toBe(412);
  }
  const soon = new Date(Date.now() + 60_000).toUTCString();
  const before = new Date(Date.now() - 60_000).toUTCString();
  expect(await get("/tracks/tagged", { "if-modified-since": soon })).toBe(304);
  expect(await get("/tracks/tagged", { "if-modified-since": before })).toBe(200);
  expect(await get("/tracks/tagged", { "if-unmodified-since": before })).toBe(412);
});

test("x-goog-content-length-range limits what is stored", async () => {
  const put = (size: number) =>
    call("PUT", "/tracks/ranged", {
      body: "x".repeat(size),
      headers: { "x-goog-content-length-range": "2,4" },
    });
  const [few, many] = [await put(1), await put(5)];
  expect([few.status, few.text]).toEqual([400, expect.stringContaining("EntityTooSmall")]);
  expect([many.status, many.text]).toEqual([400, expect.stringContaining("EntityTooLarge")]);
  expect(await under.bucket.file("ranged").exists()).toEqual([false]);
  expect((await put(3)).status).toBe(200);
});
