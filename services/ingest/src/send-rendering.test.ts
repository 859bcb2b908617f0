import { Problem, TrackReceipt, TrackResource } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addressOf, id, startTrackWithFiles, type TrackWithFiles } from "./fixtures/track-with-files.ts";

let files: TrackWithFiles;
beforeAll(async () => {
  files = await startTrackWithFiles();
});
beforeEach(async () => {
  await files.reset();
  await files.insertResult("waveform", 2, peaksOf(50), "application/json");
});
afterAll(() => files[Symbol.asyncDispose]());

const ask: TrackWithFiles["ask"] = (...question) => files.ask(...question);
const assets = `/v1/tracks/${id}/assets`;
const latest = `${assets}/waveform.svg`;

/** A waveform of two thousand pixels that swells and falls, as loud as that at its loudest. */
function peaksOf(loudest: number): Buffer {
  const length = 2_000;
  const data = Array.from(
    { length: 2 * length },
    (_, i) => (i % 2 ? 1 : -1) * Math.round(loudest * Math.sin(i / 90) ** 2),
  );
  const zoom = {
    version: 2,
    channels: 1,
    sample_rate: 44_100,
    samples_per_pixel: 512,
    bits: 8,
    length,
    data,
  };
  return Buffer.from(JSON.stringify({ ...zoom, zooms: [] }));
}
const problemOf = (answer: Awaited<ReturnType<typeof ask>>) => {
  const { code, detail } = Problem.parse(JSON.parse(answer.text));
  return [answer.status, code, detail];
};
const trackNow = async () =>
  TrackResource.parse(await (await fetch(`${files.api.url}/v1/tracks/${id}`)).json());
const pathOf = (url: string | undefined) => (url ?? "").slice(files.api.url.length);
const linkNow = async () => (await trackNow()).results.waveform?.renderings.svg;

describe("an image of a waveform", () => {
  test("is made when it is read, called as its track, and runs nothing where it is shown", async () => {
    const answer = await ask(latest);
    expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(/^<svg .*<\/svg>\n$/s)]);
    expect(answer.headers).toMatchObject({
      "content-type": "image/svg+xml",
      "cache-control": "private, no-cache",
      "accept-ranges": "none",
      vary: "accept-encoding",
      "content-location": (await linkNow())?.url,
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringMatching(/default-src 'none';.*sandbox$/),
      "content-disposition": expect.stringMatching(/^inline; filename=Bad__N_me____\.svg; /),
    });
    expect(answer.headers.etag).toMatch(
      new RegExp(`^W/"${addressOf("waveform", 2)}\\.[0-9a-f]{8}\\.peaks-outline\\.1"$`),
    );
    // It changes with the release that makes it, and no instant tells of that.
    expect(answer.headers).not.toHaveProperty("last-modified");
    expect(await files.api.objects("assets")).not.toContainEqual(expect.stringMatching(/svg$/));
  });

  test("comes as a whole, packed as the client asks; HEAD tells the same", async () => {
    const plain = await ask(latest);
    for (const range of ["bytes=0-4", "bytes=999999-"])
      expect([(await ask(latest, { range })).status, (await ask(latest, { range })).text]).toEqual([
        200,
        plain.text,
      ]);
    const packed = await ask(latest, { "accept-encoding": "br" });
    expect(packed.headers).toMatchObject({ "content-encoding": "br", etag: plain.headers.etag });
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 2);
    const head = await ask(latest, {}, "HEAD");
    expect([head.status, head.text]).toEqual([200, ""]);
    const { date: _, "x-request-id": __, ...told } = head.headers;
    expect(plain.headers).toMatchObject(told);
  });

  test("is not made again for who has it, and not at all for who expects another", async () => {
    const { etag } = (await ask(latest)).headers;
    for (const method of ["GET", "HEAD"] as const) {
      const fresh = await ask(latest, { "if-none-match": String(etag) }, method);
      expect([fresh.status, fresh.text, fresh.headers.etag, fresh.headers.vary]).toEqual([
        304,
        "",
        etag,
        "accept-encoding",
      ]);
      expect((await ask(latest, { "if-match": '"x"' }, method)).status).toBe(412);
    }
    const later = new Date(Date.now() + 60_000).toUTCString();
    expect((await ask(latest, { "if-modified-since": later })).status).toBe(200);
    expect((await ask(latest, { "if-unmodified-since": new Date(0).toUTCString() })).status).toBe(200);
  });

  test("is another one for a newer waveform, or other bytes at the same address", async () => {
    const before = await ask(latest);
    const has = { "if-none-match": String(before.headers.etag) };
    await files.insertResult("waveform", 2, peaksOf(90), "application/json");
    const forced = await ask(latest, has);
    expect([forced.status, forced.text === before.text]).toEqual([200, false]);
    await files.insertResult("waveform", 3, peaksOf(50), "application/json");
    const newer = await ask(latest, { "if-none-match": String(forced.headers.etag) });
    expect([newer.status, newer.text]).toEqual([200, before.text]);
  });
});

describe("the permanent URL that a result has of it", () => {
  test("is of this file, made by this version, for ever", async () => {
    const link = await linkNow();
    expect(link).toMatchObject({ latestUrl: `${files.api.url}${latest}`, contentType: "image/svg+xml" });
    const path = pathOf(link?.url);
    const answer = await ask(path);
    expect([answer.text, answer.headers["cache-control"]]).toEqual([
      (await ask(latest)).text,
      "private, max-age=31536000, immutable",
    ]);
    const [bare = ""] = path.split("?");
    for (const less of [bare, `${bare}?version=1`, path.replace(/&version=1$/, "")])
      expect([less, (await ask(less)).headers["cache-control"]]).toEqual([less, "private, no-cache"]);

    await files.insertResult("waveform", 3, peaksOf(90), "application/json");
    expect((await ask(path)).text).toBe(answer.text);
    expect(problemOf(await ask(path.replace(/version=1$/, "version=2")))).toEqual([
      ...[404, "not-found", "it is made otherwise: the version is 1 now"],
    ]);
    await files.insertResult("waveform", 2, peaksOf(90), "application/json");
    expect(problemOf(await ask(path))).toEqual([404, "not-found", expect.stringContaining("forced run")]);
  });

  test("leads to a file of the track's own and of that kind only", async () => {
    const address = addressOf("waveform", 2);
    for (const path of [
      `${assets}/waveform.svg/${"d".repeat(64)}`,
      `${assets}/waveform.svg/${addressOf("aac", 1)}`,
      `/v1/tracks/${id.replace(/1$/, "2")}/assets/waveform.svg/${address}`,
    ])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect((await ask(`${assets}/waveform.svg/${address}?version=0`)).status).toBe(400);
  });
});

describe("there is none", () => {
  test.each([
    ["of that name", "waveform.png", 'there is no rendering "png" of waveform; there are: svg'],
    ["of a kind without", "aac.svg", 'there is no rendering "svg" of aac; there are: none'],
    ["of a kind that is not known", "clip.svg", 'there is no rendering "svg" of clip; there are: none'],
    ["of a master", "master.svg", 'there is no rendering "svg" of master; there are: none'],
  ])("%s", async (_, file, detail) => {
    expect(problemOf(await ask(`${assets}/${file}`))).toEqual([404, "not-found", detail]);
  });

  test.each(["waveform.", ".svg", "waveform.SVG", "waveform.svg.svg", "waveform.%2e%2e"])(
    "by the name %s",
    async (file) => {
      const { status = 0 } = await ask(`${assets}/${file}`);
      expect([file, status >= 400 && status < 500]).toEqual([file, true]);
    },
  );

  test("while the track has no such file, and when that is gone", async () => {
    const ref = { bucket: files.api.names.bucket("assets"), name: `${addressOf("waveform", 2)}.json` };
    await files.api.store.deleteObject(ref);
    expect(problemOf(await ask(latest))).toEqual([404, "not-found", expect.stringContaining("gone")]);
    await files.reset();
    expect(problemOf(await ask(latest))).toEqual([404, "not-found", expect.stringContaining("no waveform")]);
    expect((await trackNow()).results.aac?.renderings).toEqual({});
  });

  test.each([
    ["is no JSON", "peaks"],
    [
      "says that it is longer than it is",
      JSON.stringify({ ...JSON.parse(peaksOf(1).toString()), length: 1e9 }),
    ],
    ["is larger than what is read of it, and has nothing at its end", "[0]".repeat(2 ** 20)],
  ])("of a file that %s: that is told by a code, and HEAD knows it", async (_, text) => {
    await files.insertResult("waveform", 2, Buffer.from(text), "application/json");
    const answer = await ask(latest);
    expect(problemOf(answer)).toEqual([404, "not-renderable", expect.stringContaining("expected")]);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store" });
    expect(answer.headers).not.toHaveProperty("etag");
    expect((await ask(latest, {}, "HEAD")).status).toBe(404);
  });
});

describe("what a step made and kept before", () => {
  const former = `${assets}/waveform-svg`;
  const kept = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');

  test("is asked for by its name of then: what is stored is served as it is, else it is made", async () => {
    const made = await ask(former);
    expect([made.status, made.text]).toEqual([200, (await ask(latest)).text]);
    expect(made.headers["content-location"]).toBe((await linkNow())?.url);
    expect((await ask(former, {}, "HEAD")).headers.etag).toBe(made.headers.etag);

    await files.insertResult("waveform-svg", 1, kept, "image/svg+xml");
    const stored = await ask(former);
    expect([stored.text, stored.headers["accept-ranges"]]).toEqual([kept.toString(), "bytes"]);
    const { results } = await trackNow();
    expect(results["waveform-svg"]).toMatchObject({ current: null, asset: { contentType: "image/svg+xml" } });
    expect((await ask(pathOf(results["waveform-svg"]?.asset?.url))).text).toBe(kept.toString());
    expect((await ask(latest)).text).toBe(made.text);
    const other = id.replace(/1$/, "2");
    expect(problemOf(await ask(`/v1/tracks/${other}/assets/waveform-svg`))[0]).toBe(404);
  });

  test("is a target by its name of then, and wants what it is made of", async () => {
    const post = (query: string) =>
      fetch(`${files.api.url}/v1/tracks${query}`, {
        ...{ method: "POST", body: `bytes for ${query}`, headers: { "content-type": "audio/mpeg" } },
      });
    const posted = await post("?targets=waveform-svg,aac,waveform");
    const { url } = TrackReceipt.parse(await posted.json());
    const track = TrackResource.parse(await (await fetch(url)).json());
    expect([track.targets, track.steps.map(({ step }) => step)]).toEqual([
      ["waveform", "aac"],
      ["decode", "encode", "waveform"],
    ]);
    expect((await post("?targets=waveform.svg")).status).toBe(400);
  });

  test("is not wanted by a replay of a track that wanted it, and can't be forced", async () => {
    await files.insertResult("waveform-svg", 1, kept, "image/svg+xml");
    await files.api.pool.query("update tracks set wants = '{decode,waveform,waveform-svg}' where id = $1", [
      id,
    ]);
    const ref = { bucket: files.api.names.bucket("masters"), name: "b".repeat(64) };
    await files.api.store.writeObject({ ...ref, body: Buffer.from("sound"), createOnly: true });
    const replay = (force?: string[]) =>
      fetch(`${files.api.url}/v1/tracks/${id}/replay`, {
        ...{ method: "POST", headers: { "content-type": "application/json" } },
        body: JSON.stringify(force ? { force } : {}),
      });
    expect(await (await replay()).json()).toMatchObject({ wants: ["decode", "waveform"], force: [] });
    const refused = await replay(["waveform-svg"]);
    expect(Problem.parse(await refused.json())).toMatchObject({
      ...{ status: 400, code: "invalid-request" },
      detail: expect.stringContaining("waveform-svg is made of waveform each time that it is read"),
    });
  });
});
