import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServerUnderTest, send, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

const call = (method: string, path: string, init?: RequestInit) => send(under, method, path, init);

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
