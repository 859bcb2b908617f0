import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { createChain } from "@segue/chain";
import { stepSpec } from "@segue/chain/testing";
import {
  Aac,
  Master,
  Pcm,
  Problem,
  TrackReceipt,
  TrackResource,
  Waveform,
  WaveformSvg,
} from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

const chain = createChain([
  stepSpec("decode", [Master], Pcm),
  stepSpec("encode", [Pcm], Aac),
  stepSpec("draw", [Pcm], WaveformSvg),
  stepSpec("waveform", [Pcm], Waveform),
]);
let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({}, { chain });
});
afterAll(() => api[Symbol.asyncDispose]());

const id = "01900000-0000-7000-8000-000000000001";
const master = "b".repeat(64);
const aac = Buffer.from("0123456789".repeat(100));
const newer = Buffer.from("9876543210".repeat(90));
const svg = `<svg xmlns="http://www.w3.org/2000/svg">${"<path/>".repeat(300)}<script>alert(1)</script></svg>`;
const addressOf = (kind: string, version: number) =>
  createHash("sha256").update(`${kind}${version}`).digest("hex");

/** As the catalog does it: the result becomes that of the track; earlier ones stay where they are. */
async function insertResult(
  kind: string,
  version: number,
  body: Buffer,
  contentType: string,
): Promise<string> {
  const address = addressOf(kind, version);
  const name = `${address}.${contentType === "audio/mp4" ? "m4a" : "svg"}`;
  const bucket = api.names.bucket("assets");
  const { sizeBytes, crc32c } = await api.store.writeObject({
    bucket,
    name,
    body,
    contentType,
    createOnly: false,
  });
  const payload = { bucket, name, sizeBytes, crc32c, contentType };
  await api.pool.query(
    `insert into artifacts values ($1, $2, $2, $3, $4, '{}', $5, now())
     on conflict (address) do update set payload = excluded.payload`,
    [address, kind, version, master, payload],
  );
  await api.pool.query(
    `insert into step_outcomes (track_id, step, status, blocked_by, version, kind, address, how, worker, started_at, finished_at,
       duration_ms, delivery_attempt) values ($1, $2, 'succeeded', '{}', $3, $2, $4, 'computed', 'w', now(), now(), 1, 1)
     on conflict (track_id, step) do update set version = excluded.version, address = excluded.address`,
    [id, kind, version, address],
  );
  return address;
}

beforeEach(async () => {
  await api.pool.query("truncate tracks, step_outcomes, artifacts");
  await api.pool.query(
    `insert into tracks values ($1, $2, 5, 'song.mp3', $3, 'upload', '{aac}', '{encode}', now(), 'done', now())`,
    [id, master, 'Bad/"Näme"\u202e🎵'],
  );
  await insertResult("aac", 1, aac, "audio/mp4");
});

const latest = `/v1/tracks/${id}/assets/aac`;
/** The answer as it came: nothing is unpacked. */
async function ask(path: string, headers: Record<string, string> = {}, method: "GET" | "HEAD" = "GET") {
  const sent = request(`${api.url}${path}`, { method, headers, agent: false }).end();
  const [answer]: IncomingMessage[] = await once(sent, "response");
  if (!answer) throw new Error("no answer came");
  const bytes = await buffer(answer);
  return { status: answer.statusCode, bytes, text: bytes.toString(), headers: answer.headers };
}
const linkOf = async (kind: string) => {
  const track = TrackResource.parse(await (await fetch(`${api.url}/v1/tracks/${id}`)).json());
  return (track.results[kind]?.asset?.url ?? "").slice(api.url.length);
};

describe("which file", () => {
  test("a newer version is seen at once where the latest is asked for; the earlier one stays at its address", async () => {
    const before = await ask(latest);
    const link = await linkOf("aac");
    expect(before.headers["cache-control"]).toBe("private, no-cache");
    expect(before.headers["content-location"]).toBe(`${api.url}${link}`);
    const kept = { "if-none-match": String(before.headers.etag) };
    expect((await ask(latest, kept)).status).toBe(304);

    await insertResult("aac", 2, newer, "audio/mp4");
    const after = await ask(latest, kept);
    expect([after.status, after.text]).toEqual([200, newer.toString()]);
    expect(await linkOf("aac")).not.toBe(link);
    const earlier = await ask(link);
    expect([earlier.status, earlier.text]).toEqual([200, aac.toString()]);
    expect(earlier.headers["cache-control"]).toBe("private, max-age=31536000, immutable");
  });

  test("bytes that a forced run has put at the same address are others", async () => {
    const link = await linkOf("aac");
    const before = await ask(latest);
    await insertResult("aac", 1, newer, "audio/mp4");
    const after = await ask(latest, { "if-none-match": String(before.headers.etag) });
    expect([after.status, after.text]).toEqual([200, newer.toString()]);
    const gone = await ask(link);
    expect([gone.status, gone.headers["cache-control"]]).toEqual([404, "no-store"]);
    expect(Problem.parse(JSON.parse(gone.text)).detail).toContain("forced run");
    const bare = await ask(link.split("?")[0] ?? "");
    expect([bare.text, bare.headers["cache-control"]]).toEqual([newer.toString(), "private, no-cache"]);
  });

  test("an address leads to a file of the track's own and of that kind only", async () => {
    const address = addressOf("aac", 1);
    const other = id.replace(/1$/, "2");
    await api.pool.query(
      `insert into tracks values ($1, $2, 5, 'a', 'a', 'upload', '{}', '{}', now(), 'done', now())`,
      [other, "c".repeat(64)],
    );
    for (const path of [
      `/v1/tracks/${other}/assets/aac/${address}`,
      `/v1/tracks/${id}/assets/waveform-svg/${address}`,
      `/v1/tracks/${id}/assets/aac/${"d".repeat(64)}`,
      `/v1/tracks/${id}/assets/master/${address}`,
    ]) {
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    }
    expect((await ask(`/v1/tracks/${id}/assets/aac/${address.toUpperCase()}`)).status).toBe(400);
  });

  test("a master is to be saved, and never shown", async () => {
    const posted = await fetch(`${api.url}/v1/tracks?filename=a.html`, {
      method: "POST",
      body: "<script>alert(1)</script>",
      headers: { "content-type": "audio/mpeg" },
    });
    const { id: own } = TrackReceipt.parse(await posted.json());
    const path = `/v1/tracks/${own}/assets/master`;
    const answer = await ask(path);
    expect(answer.headers["content-type"]).toBe("application/octet-stream");
    expect(answer.headers["content-disposition"]).toBe("attachment; filename=a.html");
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    const sha256 = createHash("sha256").update(answer.bytes).digest("hex");
    expect((await ask(`${path}/${sha256}`)).text).toBe(answer.text);
  });

  test("a file that is gone says so, to HEAD as well", async () => {
    await api.store.deleteObject({ bucket: api.names.bucket("assets"), name: `${addressOf("aac", 1)}.m4a` });
    const answer = await ask(latest);
    expect(answer.status).toBe(404);
    expect(Problem.parse(JSON.parse(answer.text)).detail).toContain("gone");
    expect((await ask(latest, {}, "HEAD")).status).toBe(404);
  });
});

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
  const drawing = `/v1/tracks/${id}/assets/waveform-svg`;
  beforeEach(() => insertResult("waveform-svg", 1, Buffer.from(svg), "image/svg+xml"));

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
        await (await fetch(`${api.url}${drawing}`, { headers: { "accept-encoding": accepts } })).text(),
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

  test("audio is sent as it is, however packed it may be", async () => {
    const { text, headers } = await ask(latest, { "accept-encoding": "br, gzip" });
    expect([text, headers["content-encoding"], headers["content-length"]]).toEqual([
      aac.toString(),
      undefined,
      "1000",
    ]);
    expect(headers).not.toHaveProperty("content-security-policy");
  });
});
