import { Problem } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

const job = (changes: object = {}) => ({
  request_id: "r",
  release_id: "1",
  asset_id: "1",
  asset_guid: "1",
  derivative_assets: [],
  source: "gs://library/a.wav",
  ...changes,
});
const post = (path: string, body: string | Buffer, contentType = "application/json") =>
  fetch(`${api.url}${path}`, { method: "POST", body, headers: { "content-type": contentType } });
const detailOf = async (response: Response) => {
  const problem = Problem.parse(await response.json());
  expect([response.status, problem.code]).toEqual([400, "invalid-request"]);
  return problem.detail;
};
const expectNothingWritten = async () => {
  for (const role of ["masters", "scratch", "records"] as const) expect(await api.objects(role)).toEqual([]);
};

// Written as text, because `JSON.stringify` makes well-formed what it can.
const half = '"a\\ud800b"';
const nul = '"a\\u0000b"';
const withField = (body: object, field: string, json: string) =>
  `${JSON.stringify(body).slice(0, -1)},${JSON.stringify(field)}:${json}}`;

test.each([
  "http://user:s3cret@host/a?sig=s3cret",
  "https:\\\\user:s3cret@host/a",
  "https:/user:s3cret@host/a?sig=s3cret",
  " https://user:s3cret@host/a",
  "http://user:a/s3cret@host/a",
  "http://user:a@s3cret@host/a#s3cret",
  "//user:s3cret@host/a",
  "user:s3cret@host/a",
  "host/a?sig=s3cret",
  "https:host?sig=s3cret",
])("what is almost a source is refused without its secrets: %s", async (source) => {
  for (const [path, body] of [
    ["/v1/tracks", { source }],
    ["/v1/jobs", job({ source })],
  ] as const) {
    const detail = await detailOf(await post(path, JSON.stringify(body)));
    expect(detail).toContain("source: expected ");
    expect(detail).toContain("host");
    expect(detail).not.toContain("s3cret");
  }
});

test.each([
  ...["request_id", "release_id", "asset_id", "asset_guid", "source"].flatMap((field) => [
    ["/v1/jobs", field, withField(job(), field, half), "half of a surrogate pair"],
    ["/v1/jobs", field, withField(job(), field, nul), "U+0000"],
  ]),
  [
    "/v1/jobs",
    "derivative_assets.0",
    withField(job(), "derivative_assets", `[${half}]`),
    "half of a surrogate pair",
  ],
  ["/v1/jobs", "extra.deep.0", withField(job(), "extra", `{"deep":[${nul}]}`), "U+0000"],
  ["/v1/jobs", "a name in body", `{${half}:1}`, "half of a surrogate pair"],
  ["/v1/tracks", "title", `{"source":"gs://library/a","title":${half}}`, "half of a surrogate pair"],
  ["/v1/tracks", "source", `{"source":"gs://library/\\udc00"}`, "half of a surrogate pair"],
  ["/v1/backfills", "targets.0", `{"targets":[${nul}]}`, "U+0000"],
  ["/v1/pings", "priority", `{"priority":${half}}`, "half of a surrogate pair"],
])("%s: a %s that is no text is refused before anything is written", async (path, field, body, found) => {
  const detail = await detailOf(await post(path, body));
  expect(detail).toContain(`${field}: expected text, got ${found}`);
  await expectNothingWritten();
});

test.each(["/v1/tracks", "/v1/jobs"])("%s: JSON in bytes that are no UTF-8 is refused", async (path) => {
  for (const byte of [0xff, 0xfe, 0xe4]) {
    const body = Buffer.concat([Buffer.from('{"request_id":"'), Buffer.from([byte]), Buffer.from('"}')]);
    expect(await detailOf(await post(path, body))).toContain("expected UTF-8");
  }
  await expectNothingWritten();
});

test.each(["title=%ED%A0%80", "title=%ff", "filename=%c3", "title=%zz"])(
  "a query of %s is refused, not taken as it stands",
  async (query) => {
    expect(await detailOf(await post(`/v1/tracks?${query}`, "RIFF", "audio/wav"))).toContain("UTF-8");
    await expectNothingWritten();
  },
);

test.each([
  ["/v1/tracks?title=a%00b", "title"],
  ["/v1/tracks?filename=%00", "filename"],
])("%s: U+0000 is refused", async (path, field) => {
  expect(await detailOf(await post(path, "RIFF", "audio/wav"))).toContain(
    `${field}: expected text, got U+0000`,
  );
  await expectNothingWritten();
});

test("U+0000 in a path is refused", async () => {
  expect(await detailOf(await fetch(`${api.url}/v1/jobs/a%00b`))).toContain("U+0000");
});

test.each([
  ['{"__proto__":"x"}', "metadata: expected no field __proto__"],
  ['{"id":"a\\u0000b"}', "metadata.id: expected text"],
  ['{"id":"\\ud800"}', "metadata.id: expected text"],
])(
  "metadata that would not come back as it was is refused, in a query and in a form: %s",
  async (metadata, expected) => {
    const form = new FormData();
    form.set("file", new Blob(["RIFF"]), "a.wav");
    form.set("metadata", metadata);
    const query = await post(`/v1/tracks?${new URLSearchParams({ metadata })}`, "RIFF", "audio/wav");
    for (const answer of [query, await fetch(`${api.url}/v1/tracks`, { method: "POST", body: form })])
      expect(await detailOf(answer)).toContain(expected);
    await expectNothingWritten();
  },
);

test("text that looks odd and is well-formed is taken as it is", async () => {
  const title = "\u{1f3b5} \ufffe \ufdd0 e\u0301 \u202e";
  const response = await post(`/v1/tracks?${new URLSearchParams({ title })}`, "odd", "audio/wav");
  expect(response.status).toBe(202);
  const { url } = z.object({ url: z.string() }).parse(await response.json());
  expect(await (await fetch(url)).json()).toMatchObject({ title });
});

test.each([
  ["{", "body: expected JSON, got what is none (from character 2 on)"],
  ['{"source":"gs://b/s3cret" oops}', "body: expected JSON, got what is none (from character 27 on)"],
  ["s3cret", "body: expected JSON, got what is none"],
  [" ", "body: expected JSON, got nothing"],
  ['{"__proto__":{}}', "body: expected JSON without fields __proto__ or constructor.prototype"],
  [
    '{"constructor":{"prototype":{}}}',
    "body: expected JSON without fields __proto__ or constructor.prototype",
  ],
])(
  "a body that is no JSON is told so in our words, without what stands in it: %s",
  async (body, expected) => {
    expect(await detailOf(await post("/v1/tracks", body))).toBe(expected);
  },
);

const id = "01a2174d-5497-7a8f-ae24-e5d80b806dc3";
test("a parameter that a route does not have is refused by its name, on every route", async () => {
  const document = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(await (await fetch(`${api.url}/openapi.json`)).json());
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  );
  expect(routes.length).toBeGreaterThan(12);
  for (const [method, template] of [...routes, ["GET", "/openapi.json"] as const]) {
    const path = template
      .replace("{request_id}", "x")
      .replace("{kind}", "aac")
      .replace("{rendering}", "svg")
      .replace("{address}", "0".repeat(64))
      .replace("/keys/{id}", "/keys/2Yb7kQ9fTz1X")
      .replace(/\{\w+\}/g, id);
    const body = method === "POST" ? { body: "{}", headers: { "content-type": "application/json" } } : {};
    const response = await fetch(`${api.url}${path}?unknown=1`, { method, ...body });
    if (method !== "HEAD") {
      const detail = await detailOf(response);
      if (template !== "/v1/tracks" || method === "GET")
        expect(`${method} ${template}: ${detail}`).toBe(`${method} ${template}: query: unknown: "unknown"`);
    } else expect(response.status).toBe(400);
  }
  expect(await detailOf(await post("/v1/tracks?unknown=1&target=tempo", "RIFF", "audio/wav"))).toBe(
    'query: unknown: "unknown", "target"',
  );
});

test("fields that are not known are refused by name, where the contract is our own", async () => {
  expect(await detailOf(await post("/v1/tracks", '{"source":"gs://library/a","target":"tempo"}'))).toBe(
    'body: unknown: "target"',
  );
  expect(await detailOf(await post("/v1/pings", '{"__proto__":1}'))).not.toContain("zod");
  const form = new FormData();
  form.set("file", new Blob(["RIFF"]), "a.wav");
  form.set("artist", "x");
  const sent = await fetch(`${api.url}/v1/tracks`, { method: "POST", body: form });
  expect(await detailOf(sent)).toBe('form: unknown: "artist"');
});

test.each([
  ["title=a&title=b", "title: expected a text, got a list of 2"],
  ["title=", 'title: expected at least 1 characters, got ""'],
  [`title=${"x".repeat(1_001)}`, `title: expected at most 1000 characters, got "${"x".repeat(79)}...`],
  ["targets=Tempo", 'targets.0: expected a kebab-case name, got "Tempo"'],
  ["targets=,", 'targets: expected at least 1 items, got ","'],
])("POST /v1/tracks?%s is answered in our words", async (query, expected) => {
  expect(await detailOf(await post(`/v1/tracks?${query}`, "RIFF", "audio/wav"))).toBe(expected);
});

test.each([
  ["limit=0", 'limit: expected a number of at least 1, got "0"'],
  ["limit=1.5", "limit: expected a whole number"],
  ["limit=1e400", "limit: expected a"],
  ["limit=x", 'limit: expected a number, got "x"'],
  ["state=odd", 'state: expected one of "accepted", "processing"'],
  ["failed=perhaps", "failed: expected"],
  ["ids=x", 'ids.0: expected a track id (UUID version 7), got "x"'],
])("GET /v1/tracks?%s is answered in our words", async (query, expected) => {
  const detail = await detailOf(await fetch(`${api.url}/v1/tracks?${query}`));
  expect(detail).toContain(expected);
  expect(detail).not.toMatch(/Invalid|Too (small|big)|received|NaN/);
});

test.each<[string, unknown, string]>([
  ["/v1/jobs", [], "body: expected an object, got a list of 0"],
  ["/v1/jobs", job({ asset_id: -1 }), "asset_id: expected"],
  ["/v1/jobs", job({ asset_id: 2 ** 53 }), "asset_id: expected"],
  ["/v1/jobs", job({ asset_id: 1.5 }), "asset_id: expected"],
  ["/v1/jobs", job({ asset_id: null }), "asset_id: expected"],
  ["/v1/jobs", job({ request_id: " " }), "request_id: expected"],
  ["/v1/jobs", job({ request_id: "x".repeat(201) }), "request_id: expected"],
  ["/v1/jobs", job({ derivative_assets: "aac" }), 'derivative_assets: expected a list, got "aac"'],
  [
    "/v1/jobs",
    job({ derivative_assets: Array(51).fill("aac") }),
    "derivative_assets: expected at most 50 items",
  ],
  ["/v1/backfills", { inFlight: 1e9 }, "inFlight: expected a number of at most 100000, got 1000000000"],
  ["/v1/backfills", { acceptedSince: "yesterday" }, "acceptedSince: expected an instant in UTC"],
  ["/v1/backfills", { acceptedSince: "0000-01-01T00:00:00.000Z" }, "acceptedSince: expected an instant from"],
  ["/v1/backfills", { trackId: "x" }, "trackId: expected a track id"],
  ["/v1/pings", { priority: "high" }, 'priority: expected one of "live", "backfill", got "high"'],
  [`/v1/tracks/${id}/replay`, { force: "all" }, "force: expected"],
  [`/v1/tracks/${id}/replay`, null, "body: expected an object, got null"],
])("%s: %j is answered in our words", async (path, body, expected) => {
  const detail = await detailOf(await post(path, JSON.stringify(body)));
  expect(detail).toContain(expected);
  expect(detail).not.toMatch(/Invalid|Too (small|big)|received|NaN|Zod/);
});

test("a body nested as deeply as it may be long is answered", async () => {
  const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
  expect(await detailOf(await post("/v1/pings", deep))).toContain("body: expected an object");
});
