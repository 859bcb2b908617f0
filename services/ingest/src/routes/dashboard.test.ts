import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { type Page, readPage } from "@segue/dashboard";
import { buildPage } from "@segue/dashboard/build";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startKeyedApi } from "../fixtures/keyed-api.ts";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let folder: string;
let page: Page;
let api: LocalApi;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-page-"));
  await buildPage(pathToFileURL(`${folder}/`));
  page = (await readPage(pathToFileURL(`${folder}/`))) ?? expect.unreachable();
  api = await startLocalApi({}, { page });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Of everything that the page's HTML names. */
const namedIn = (html: string) => [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url = ""]) => url);

test("the page is served at /, and is asked for again each time", async () => {
  const answer = await fetch(`${api.url}/`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(answer.headers.get("cache-control")).toBe("no-cache");
  const etag = answer.headers.get("etag") ?? expect.unreachable();
  // As browsers ask: `fetch` would say that no cache is to be believed.
  const headers = { "cache-control": "max-age=0" };
  const statusWith = async (tag: string) =>
    (await fetch(`${api.url}/`, { headers: { ...headers, "if-none-match": tag } })).status;
  expect([await statusWith(etag), await statusWith('W/"another"')]).toEqual([304, 200]);
  expect((await fetch(`${api.url}/?utm_source=a&b&b`)).status).toBe(200);
  const head = await fetch(`${api.url}/`, { method: "HEAD" });
  expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, etag, ""]);
});

test("/docs leads to the page about the API, wherever a proxy has put it", async () => {
  const answer = await fetch(`${api.url}/docs?utm_source=a`, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([302, "./#/api"]);
});

test("its policy lets nothing run but its own files, and nobody frame it", async () => {
  const answer = await fetch(`${api.url}/`);
  const policy = answer.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
  // What it would have to allow otherwise.
  const html = await answer.text();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i);
});

test("everything that it names is there, on this server, for ever, and compressed under 250 kB", async () => {
  const urls = namedIn(await (await fetch(`${api.url}/`)).text());
  expect(urls.map((url) => url.replace(/^assets\/(\w+)-\w+\./, "$1."))).toEqual([
    "icon.svg",
    "main.css",
    "main.js",
  ]);
  let total = 0;
  for (const url of urls) {
    const answer = await fetch(`${api.url}/${url}`, { headers: { "accept-encoding": "br" } });
    expect([url, answer.status]).toEqual([url, 200]);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    if (url.endsWith(".js")) expect(answer.headers.get("content-encoding")).toBe("br");
    total += gzipSync(Buffer.from(await answer.arrayBuffer())).length;
  }
  expect(total).toBeLessThan(250_000);
});

test("a file that is not of this release is 404, whatever its name would lead to", async () => {
  for (const name of ["main-OLD.js", "..%2findex.html", "%2e%2e%2fbuilt.json", "constructor"]) {
    const answer = await fetch(`${api.url}/assets/${name}`);
    expect([name, answer.status, answer.headers.get("content-type")]).toEqual([
      name,
      404,
      "application/problem+json",
    ]);
  }
  expect((await fetch(`${api.url}/assets/`)).status).toBe(404);
  expect((await fetch(`${api.url}/`, { method: "POST" })).status).toBe(405);
});

test("it is in nobody's description of the API", async () => {
  const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as { paths: object };
  expect(Object.keys(paths).filter((path) => !path.startsWith("/v1/"))).toEqual(["/healthz", "/readyz"]);
});

test("it needs no key; what it shows does", async () => {
  await using keyed = await startKeyedApi({}, { page });
  const { text, status } = await keyed.ask(null, "/");
  expect(status).toBe(200);
  for (const url of namedIn(text))
    expect([url, (await keyed.ask(null, `/${url}`)).status]).toEqual([url, 200]);
  for (const path of ["/v1/tracks", "/v1/changes/events", "/v1/kinds", "/v1/steps", "/v1/backfills"])
    expect([path, (await keyed.ask(null, path)).status]).toEqual([path, 401]);
});

test("where none was built it says how it is", async () => {
  const empty = await mkdtemp(join(tmpdir(), "segue-page-"));
  expect(await readPage(pathToFileURL(`${empty}/`))).toBeUndefined();
  await rm(empty, { recursive: true });
  await using bare = await startLocalApi();
  const answer = await fetch(bare.url);
  expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining("npm run dashboard")]);
});
