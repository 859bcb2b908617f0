import { Problem } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aac, id, startTrackWithFiles, type TrackWithFiles } from "./fixtures/track-with-files.ts";

let files: TrackWithFiles;
beforeAll(async () => {
  files = await startTrackWithFiles();
});
beforeEach(() => files.reset());
afterAll(() => files[Symbol.asyncDispose]());

const ask: TrackWithFiles["ask"] = (...question) => files.ask(...question);
const latest = `/v1/tracks/${id}/assets/aac`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg">${"<path/>".repeat(300)}<script>alert(1)</script></svg>`;

describe("how much of it", () => {
  const whole = { status: 200, text: aac.toString(), range: undefined };
  const part = (text: string, range: string) => ({ status: 206, text, range: `bytes ${range}/1000` });
  test.each([
    ["no range", {}, whole],
    ["a range", { range: "bytes=10-19" }, part("0123456789", "10-19")],
    ["a unit in capitals", { range: "Bytes=10-19" }, part("0123456789", "10-19")],
    ["an open range", { range: "bytes=995-" }, part("56789", "995-999")],
    ["a suffix", { range: "bytes=-3" }, part("789", "997-999")],
    ["a suffix of more than there is", { range: "bytes=-5000" }, part(aac.toString(), "0-999")],
    ["a range past the end", { range: "bytes=998-5000" }, part("89", "998-999")],
    ["ranges that touch", { range: "bytes=0-1, 2-3" }, part("0123", "0-3")],
    ["several ranges", { range: "bytes=0-1,4-5" }, whole],
    ["two, one of them outside", { range: "bytes=0-1,2000-" }, part("01", "0-1")],
    ["a range backwards", { range: "bytes=5-2" }, whole],
    ["another unit", { range: "lines=0-1" }, whole],
    ["no unit", { range: "0-1" }, whole],
    ["a range of another file", { range: "bytes=0-1", "if-range": '"x"' }, whole],
    ["a range of an earlier day", { range: "bytes=0-1", "if-range": new Date(0).toUTCString() }, whole],
    ["a range of no date", { range: "bytes=0-1", "if-range": "yesterday" }, whole],
  ])("%s", async (_what, headers, { status, text, range }) => {
    const answer = await ask(latest, headers);
    expect([answer.status, answer.text, answer.headers["content-range"]]).toEqual([status, text, range]);
    expect(answer.headers["content-length"]).toBe(String(text.length));
    expect(answer.headers).toMatchObject({
      "accept-ranges": "bytes",
      "content-type": "audio/mp4",
      "x-content-type-options": "nosniff",
      "content-disposition":
        "inline; filename=Bad__N_me____.m4a; filename*=UTF-8''Bad_%22N%C3%A4me%22_%F0%9F%8E%B5.m4a",
    });
    expect(answer.headers).not.toHaveProperty("vary");
  });

  test("a range of this file, by its tag or its date", async () => {
    const { etag, "last-modified": date } = (await ask(latest)).headers;
    for (const ifRange of [etag, date].map(String)) {
      expect((await ask(latest, { range: "bytes=0-1", "if-range": ifRange })).status).toBe(206);
    }
    expect((await ask(latest, { range: "bytes=0-1", "if-range": `W/${etag}` })).status).toBe(200);
  });

  test.each([["bytes=1000-"], ["bytes=5000-6000"], ["bytes=-0"]])("%s is outside", async (range) => {
    const answer = await ask(latest, { range });
    expect([answer.status, answer.headers["content-range"]]).toEqual([416, "bytes */1000"]);
    expect(Problem.parse(JSON.parse(answer.text)).code).toBe("range-not-satisfiable");
    expect(answer.headers).not.toHaveProperty("etag");
  });

  test("HEAD tells what GET would, and knows no ranges", async () => {
    const get = await ask(latest);
    for (const range of [{}, { range: "bytes=0-1" }, { range: "bytes=5000-" }]) {
      const head = await ask(latest, range, "HEAD");
      expect([head.status, head.text]).toEqual([200, ""]);
      const { date: _, "x-request-id": _id, ...told } = head.headers;
      expect(get.headers).toMatchObject(told);
      expect(Object.keys(told).sort()).toEqual(
        Object.keys(get.headers)
          .filter((name) => !["date", "x-request-id"].includes(name))
          .sort(),
      );
    }
  });
});

describe("whether at all", () => {
  const soon = () => new Date(Date.now() + 60_000).toUTCString();
  const long = Array.from({ length: 100 }, (_, i) => `"${"x".repeat(100)}${i}"`).join(", ");
  const conditions: [string, (etag: string) => Record<string, string>, number][] = [
    ["has it", (etag) => ({ "if-none-match": etag }), 304],
    ["has it, weakly compared", (etag) => ({ "if-none-match": `W/"x", W/${etag}` }), 304],
    ["has it, among many", (etag) => ({ "if-none-match": `${long},${etag}` }), 304],
    ["has anything", () => ({ "if-none-match": "*" }), 304],
    ["has others", () => ({ "if-none-match": long }), 200],
    ["has it, by date", () => ({ "if-modified-since": soon() }), 304],
    ["has an older one, by date", () => ({ "if-modified-since": new Date(0).toUTCString() }), 200],
    ["has no date", () => ({ "if-modified-since": "tomorrow" }), 200],
    [
      "has others, which count before the date",
      () => ({ "if-none-match": '"x"', "if-modified-since": soon() }),
      200,
    ],
    ["has it, range or not", (etag) => ({ "if-none-match": etag, range: "bytes=0-1" }), 304],
    ["expects it", (etag) => ({ "if-match": `"x", ${etag}` }), 200],
    ["expects anything", () => ({ "if-match": "*" }), 200],
    ["expects another", (etag) => ({ "if-match": '"x"', "if-none-match": etag }), 412],
    ["expects it weakly, which is never enough", (etag) => ({ "if-match": `W/${etag}` }), 412],
    ["expects none later", () => ({ "if-unmodified-since": new Date(0).toUTCString() }), 412],
    ["expects none later than now", () => ({ "if-unmodified-since": soon() }), 200],
  ];
  test.each(conditions)("a client that %s", async (_what, headersFor, status) => {
    const { etag } = (await ask(latest)).headers;
    for (const method of ["GET", "HEAD"] as const) {
      const answer = await ask(latest, headersFor(String(etag)), method);
      expect([method, answer.status]).toEqual([method, status]);
      if (status !== 304) continue;
      expect(answer.bytes).toHaveLength(0);
      expect(answer.headers).toMatchObject({ etag, "cache-control": "private, no-cache" });
    }
  });
});

describe("an image or a document, which is text", () => {
  const drawing = `/v1/tracks/${id}/assets/picture`;
  beforeEach(() => files.insertResult("picture", 1, Buffer.from(svg), "image/svg+xml"));

  test("runs nothing where it is shown", async () => {
    const { headers } = await ask(drawing);
    expect(headers).toMatchObject({
      "content-type": "image/svg+xml",
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringMatching(/default-src 'none';.*sandbox$/),
    });
  });

  test.each([["br"], ["gzip"], ["gzip;q=0.5, br;q=0"]])(
    "is sent as %s asks, under a tag that all forms share",
    async (accepts) => {
      const plain = await ask(drawing);
      expect([plain.text, plain.headers.vary, plain.headers["content-encoding"]]).toEqual([
        svg,
        "accept-encoding",
        undefined,
      ]);
      const packed = await ask(drawing, { "accept-encoding": accepts });
      expect(packed.headers["content-encoding"]).toBe(accepts === "br" ? "br" : "gzip");
      expect(packed.headers.vary).toBe("accept-encoding");
      expect(packed.bytes.length).toBeLessThan(svg.length / 2);
      expect(
        await (await fetch(`${files.api.url}${drawing}`, { headers: { "accept-encoding": accepts } })).text(),
      ).toBe(svg);

      expect(packed.headers.etag).toMatch(/^W\//);
      expect(packed.headers.etag).toBe(plain.headers.etag);
      const fresh = await ask(drawing, {
        "if-none-match": String(packed.headers.etag),
        "accept-encoding": accepts,
      });
      expect([fresh.status, fresh.headers.vary]).toEqual([304, "accept-encoding"]);
      // Bytes of one form are never joined to those of another.
      const joined = await ask(drawing, { range: "bytes=0-4", "if-range": String(packed.headers.etag) });
      expect(joined.status).toBe(200);
      const part = await ask(drawing, { range: "bytes=0-4", "accept-encoding": accepts });
      expect([part.status, part.text, part.headers["content-encoding"]]).toEqual([
        206,
        svg.slice(0, 5),
        undefined,
      ]);
      const head = await ask(drawing, { "accept-encoding": accepts }, "HEAD");
      expect(head.headers).not.toHaveProperty("content-length");
    },
  );

  test("audio comes without a policy for what it might run", async () => {
    const { headers } = await ask(latest);
    expect(headers).not.toHaveProperty("content-security-policy");
  });

  // Masters are `application/octet-stream`, which the library would pack, as it would some images.
  const unpacked = ["audio/mp4", "audio/wav", "application/octet-stream", "image/bmp", "application/x-tar"];
  test.each(unpacked)("%s is one form alone, so that what broke off goes on with a range", async (type) => {
    const body = Buffer.alloc(4_096, "0123456789");
    await files.insertResult("aac", 1, body, type);
    const whole = await ask(latest, { "accept-encoding": "br, gzip" });
    expect(whole.headers).not.toHaveProperty("content-encoding");
    expect(whole.headers).not.toHaveProperty("vary");
    expect(whole.headers["content-length"]).toBe(String(body.length));
    const rest = await ask(latest, {
      ...{ "accept-encoding": "br, gzip", range: "bytes=1000-" },
      "if-range": String(whole.headers.etag),
    });
    expect(rest.status).toBe(206);
    expect(Buffer.concat([whole.bytes.subarray(0, 1_000), rest.bytes])).toEqual(body);
  });
});
