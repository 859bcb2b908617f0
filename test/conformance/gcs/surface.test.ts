// Everything that Cloud Storage's JSON API can be asked, asked of this server: nothing may pass in silence.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { describeSurface } from "../../../packages/local-cloud/src/gcs/surface/describe-surface.ts";
import {
  bucketFields,
  composeFields,
  objectFields,
} from "../../../packages/local-cloud/src/gcs/surface/fields.ts";
import type { Handling, Surface } from "../../../packages/local-cloud/src/gcs/surface/handling.ts";
import { requestHeaders } from "../../../packages/local-cloud/src/gcs/surface/headers.ts";
import { everywhere, operations } from "../../../packages/local-cloud/src/gcs/surface/operations.ts";
import { xmlBucketQuery, xmlObjectQuery } from "../../../packages/local-cloud/src/gcs/surface/xml-queries.ts";
import { type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

const cloudStorage = z
  .object({
    parameters: z.array(z.string()),
    methods: z.record(z.string(), z.tuple([z.string(), z.string()]).rest(z.string())),
    fields: z.record(z.string(), z.array(z.string())),
  })
  .parse(JSON.parse(readFileSync(new URL("cloud-storage-surface.json", import.meta.url), "utf8")));

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
  await under.bucket.file("song").save("x", { resumable: false });
});
afterAll(() => under[Symbol.asyncDispose]());

type Sent = { query?: Record<string, string>; headers?: Record<string, string>; body?: unknown };

async function send(method: string, path: string, { query, headers, body }: Sent = {}) {
  const url = `${under.server.url}${path}?${new URLSearchParams(query)}`;
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url, { method, ...(headers ? { headers } : {}), ...init });
  return { status: response.status, text: await response.text() };
}

/** A path of the API with everything in braces named; the object is not there, so that nothing is changed. */
const concrete = (path: string) =>
  `/storage/v1/${path}`
    .replaceAll("{bucket}", "tracks")
    .replaceAll("{destinationBucket}", "tracks")
    .replaceAll("{sourceBucket}", "tracks")
    .replace(/\{\w+\}/g, "absent");

const methods = Object.entries(cloudStorage.methods).map(([name, [method, path, ...query]]) => ({
  name,
  method,
  path,
  query,
}));

describe("operations", () => {
  const built = new Map<string, (typeof operations)[number]>(operations.map((one) => [one.name, one]));

  test("each that is built is one of Cloud Storage's, by method and path", () => {
    const shape = (method: string, path: string) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`;
    for (const { name, method, path } of operations) {
      const [itsMethod = "", itsPath = ""] = cloudStorage.methods[name] ?? [];
      expect(shape(method, path)).toBe(shape(itsMethod, itsPath));
    }
  });

  test.each(methods.filter(({ name }) => !built.has(name)))("$name is refused", async ({ method, path }) => {
    const { status, text } = await send(method, concrete(path), {
      ...(method === "GET" ? {} : { body: {} }),
    });
    expect([status, text]).toEqual([400, expect.stringContaining("not built")]);
  });

  test.each(methods.filter(({ name }) => built.has(name)))(
    "$name takes or refuses each parameter",
    async ({ name, method, path, query }) => {
      const surface: Surface = { ...everywhere, ...built.get(name)?.query };
      expect(
        [...cloudStorage.parameters, ...query].filter((parameter) => !Object.hasOwn(surface, parameter)),
      ).toEqual([]);
      for (const parameter of Object.keys(surface).filter((one) => surface[one] === "refused")) {
        const { status, text } = await send(method, concrete(path), { query: { [parameter]: "wanted" } });
        expect([status, text]).toEqual([400, expect.stringContaining(parameter)]);
        expect(text).toContain("not built");
      }
      const unknown = await send(method, concrete(path), { query: { sortOrder: "descending" } });
      expect([unknown.status, unknown.text]).toEqual([400, expect.stringContaining("sortOrder")]);
    },
  );
});

/** A body that holds nothing but the field of a path, `wanted`. */
function nest(path: string, wanted: unknown): unknown {
  return path.split(".").reduceRight((inner, name) => {
    // What is a list in the resource.
    const list = ["rule", "sourceObjects"].includes(name);
    return { [name]: list ? [inner] : inner };
  }, wanted);
}

/** How a field is handled: its own row, or that of what it is part of. */
function handlingOf(surface: Surface, path: string): Handling | undefined {
  const at = Object.keys(surface).find((name) => path === name || path.startsWith(`${name}.`));
  return at === undefined ? undefined : surface[at];
}

describe("fields", () => {
  const resources = [
    ["Bucket", bucketFields, "PATCH", "/storage/v1/b/tracks"],
    ["Object", objectFields, "PATCH", "/storage/v1/b/tracks/o/song"],
    ["ComposeRequest", composeFields, "POST", "/storage/v1/b/tracks/o/joined/compose"],
  ] as const;

  test.each(resources)("each of %s is in the table, and nothing else", (name, surface) => {
    const theirs = cloudStorage.fields[name] ?? [];
    expect(theirs.filter((path) => handlingOf(surface, path) === undefined)).toEqual([]);
    const isTheirs = (path: string) => theirs.some((one) => one === path || one.startsWith(`${path}.`));
    expect(Object.keys(surface).filter((path) => !isTheirs(path))).toEqual([]);
  });

  test.each(resources)(
    "what of %s is not built, or not known, is refused by name",
    async (_, surface, method, path) => {
      for (const field of Object.keys(surface).filter((one) => surface[one] === "refused")) {
        const { status, text } = await send(method, path, { body: nest(field, "wanted") });
        expect([status, text]).toEqual([400, expect.stringContaining(field)]);
        expect(text).toContain("not built");
        // What is off asks for nothing; a compose request without sources is another matter.
        if (method === "PATCH" && !field.startsWith("lifecycle."))
          expect((await send(method, path, { body: nest(field, false) })).status).toBe(200);
      }
      for (const field of ["sortOrder", "cors.colour.deep", "lifecycle.rule.condition.mood", "metadata.x"]) {
        const known = handlingOf(surface, field) !== undefined;
        const { status, text } = await send(method, path, { body: nest(field, "wanted") });
        if (!known) expect([status, text]).toEqual([400, expect.stringContaining(field.split(".")[0] ?? "")]);
      }
    },
  );

  test("the same of an upload, a copy, a composition's result and a new bucket", async () => {
    const body = { temporaryHold: true };
    const held = [
      await send("POST", "/upload/storage/v1/b/tracks/o", {
        query: { uploadType: "resumable", name: "x" },
        body,
      }),
      await send("POST", "/storage/v1/b/tracks/o/song/copyTo/b/tracks/o/x", { body }),
      await send("POST", "/storage/v1/b/tracks/o/song/rewriteTo/b/tracks/o/x", { body }),
      await send("POST", "/storage/v1/b/tracks/o/x/compose", {
        body: { sourceObjects: [{ name: "song" }], destination: body },
      }),
    ];
    for (const { status, text } of held) {
      expect([status, text]).toEqual([400, expect.stringContaining("temporaryHold")]);
    }
    const versioned = await send("POST", "/storage/v1/b", {
      query: { project: "p" },
      body: { name: "versioned", versioning: { enabled: true } },
    });
    expect([versioned.status, versioned.text]).toEqual([400, expect.stringContaining("versioning.enabled")]);
    expect((await send("GET", "/storage/v1/b/versioned")).status).toBe(404);
    expect((await under.bucket.getFiles())[0].map(({ name }) => name)).toEqual(["song"]);
  });
});

test("docs/local-cloud.md says what the code does", () => {
  const page = readFileSync(new URL("../../../docs/local-cloud.md", import.meta.url), "utf8");
  const table = /<!-- cloud-storage: generated -->\n(.*)\n<!-- cloud-storage: end -->/s.exec(page)?.[1];
  expect(table, "run `npm run local-cloud:docs`").toBe(describeSurface());
});

describe("headers", () => {
  const refused = Object.keys(requestHeaders).filter((name) => requestHeaders[name] === "refused");

  test.each(refused.map((name) => name.replace("*", "algorithm")))("%s is refused", async (name) => {
    for (const path of ["/storage/v1/b/tracks/o/song", "/tracks/song"]) {
      const { status, text } = await send("GET", path, { headers: { [name]: "wanted" } });
      expect([status, text]).toEqual([400, expect.stringContaining(name)]);
    }
  });

  test.each<[string, string]>([
    ["x-goog-sort-order", "descending"],
    ["x-amz-acl", "private"],
    ["authorization", "GOOG1 id:signature"],
    ["authorization", "AWS4-HMAC-SHA256 Credential=x"],
  ])("%s: %s is refused", async (name, value) => {
    const { status, text } = await send("GET", "/tracks/song", { headers: { [name]: value } });
    expect([status, text]).toEqual([
      400,
      expect.stringContaining(value.split(" ")[0] === value ? name : (value.split(" ")[0] ?? "")),
    ]);
  });

  test("a token is taken, whatever it is", async () => {
    const { status } = await send("GET", "/tracks/song", { headers: { authorization: "Bearer x" } });
    expect(status).toBe(200);
  });
});

describe("the XML API", () => {
  test.each([
    ["/tracks/song", xmlObjectQuery],
    ["/tracks", xmlBucketQuery],
  ] as const)("%s takes or refuses each part of a query", async (path, surface) => {
    for (const name of Object.keys(surface).filter((one) => surface[one] === "refused")) {
      const { status, text } = await send("GET", path, { query: { [name]: "" } });
      expect([status, text]).toEqual([400, expect.stringContaining(name)]);
      expect(text).toContain("<Code>NotImplemented</Code>");
    }
    const unknown = await send("GET", path, { query: { sortOrder: "" } });
    expect([unknown.status, unknown.text]).toEqual([400, expect.stringContaining("sortOrder")]);
  });

  test.each([
    ["PUT", "/another", "PUT of a bucket"],
    ["DELETE", "/tracks", "DELETE of a bucket"],
  ])("%s %s is refused", async (method, path, what) => {
    const { status, text } = await send(method, path);
    expect([status, text]).toEqual([400, expect.stringContaining(what)]);
  });
});
