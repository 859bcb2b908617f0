import type { GetFilesOptions } from "@google-cloud/storage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
// In the order of UTF-8 bytes, which is not the order of JavaScript's strings: U+FF5E comes before U+1F4BF.
const names = ["a", "a/1", "a/2", "a/b/1", "a/b/2", "ab", "b/1", "c", "z~", "～", "💿"];
beforeAll(async () => {
  under = await startServerUnderTest();
  for (const name of [...names].reverse()) await under.bucket.file(name).save("x", { resumable: false });
});
afterAll(() => under[Symbol.asyncDispose]());

async function list(query: GetFilesOptions) {
  const [files, , response] = await under.bucket.getFiles(query);
  const { prefixes = [] } = (response ?? {}) as { prefixes?: string[] };
  return [files.map(({ name }) => name), prefixes];
}

test("objects come in the order of their names' bytes, by prefix", async () => {
  expect(await list({})).toEqual([names, []]);
  expect((await list({ prefix: "a/" }))[0]).toEqual(["a/1", "a/2", "a/b/1", "a/b/2"]);
  expect((await list({ prefix: "💿" }))[0]).toEqual(["💿"]);
  expect((await list({ prefix: "nothing" }))[0]).toEqual([]);
});

test("a delimiter folds what lies below it into one prefix", async () => {
  expect(await list({ delimiter: "/", autoPaginate: false })).toEqual([
    ["a", "ab", "c", "z~", "～", "💿"],
    ["a/", "b/"],
  ]);
  expect(await list({ prefix: "a/", delimiter: "/", autoPaginate: false })).toEqual([
    ["a/1", "a/2"],
    ["a/b/"],
  ]);
});

/** What pages of at most `maxResults` hold together, asked for one by one. */
async function collectPages(query: GetFilesOptions, maxResults: number): Promise<string[]> {
  const seen: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = { ...query, maxResults, autoPaginate: false, ...(pageToken ? { pageToken } : {}) };
    const [files, next, response] = await under.bucket.getFiles(page);
    const { prefixes = [] } = (response ?? {}) as { prefixes?: string[] };
    expect(files.length + prefixes.length).toBeLessThanOrEqual(maxResults);
    seen.push(...files.map(({ name }) => name), ...prefixes);
    pageToken = (next as { pageToken?: string } | null)?.pageToken;
  } while (pageToken);
  return seen;
}

test.each([1, 2, 3, 5, 11])("pages of %i hold everything once, prefixes too", async (maxResults) => {
  expect(await collectPages({}, maxResults)).toEqual(names);
  expect((await collectPages({ delimiter: "/" }, maxResults)).toSorted()).toEqual(
    ["a", "a/", "ab", "b/", "c", "z~", "～", "💿"].toSorted(),
  );
});

test("offsets include the start and leave out the end", async () => {
  expect((await list({ startOffset: "ab" }))[0]).toEqual(["ab", "b/1", "c", "z~", "～", "💿"]);
  expect((await list({ startOffset: "a/2", endOffset: "ab" }))[0]).toEqual(["a/2", "a/b/1", "a/b/2"]);
});
