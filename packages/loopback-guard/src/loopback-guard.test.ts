import { describe, expect, test } from "vitest";
import { findForeignHost, findForeignPage } from "./index.ts";

describe("Host", () => {
  test.each([
    "localhost",
    "localhost:8080",
    "LOCALHOST.",
    "segue.localhost:1",
    "127.0.0.1:8080",
    "127.8.9.10",
    "[::1]:8080",
    "[::1]",
  ])("%s is this machine's", (host) => {
    expect(findForeignHost({ host }, [])).toBeUndefined();
  });

  test.each([
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.evil",
    "evil-localhost",
    "192.168.1.4:8080",
    "[::2]",
    "evil.example@localhost",
    "localhost:1:2",
    "<script>.localhost",
    "evil.example#.localhost",
    "evil.example?.localhost",
    "evil.example\\.localhost",
    '".localhost',
    "a,b.localhost",
    "",
  ])("%j is not", (host) => {
    expect(findForeignHost({ host }, [])).toContain(JSON.stringify(host));
  });

  test("names that the server was told are known, on any port, in any case", () => {
    expect(findForeignHost({ host: "Storage.internal:80" }, ["storage.internal"])).toBeUndefined();
    expect(findForeignHost({ host: "other.internal" }, ["storage.internal"])).toBeDefined();
    expect(findForeignHost({ host: "[fd00::5]:80" }, ["fd00::5"])).toBeUndefined();
  });
});

describe("pages", () => {
  test("a program states neither header", () => {
    expect(findForeignPage({}, [])).toBeUndefined();
  });

  test.each(["http://localhost:3000", "http://127.0.0.1:8080", "https://[::1]", "http://known.internal"])(
    "%s is a page of our own",
    (origin) => {
      expect(findForeignPage({ origin, "sec-fetch-site": "same-site" }, ["known.internal"])).toBeUndefined();
    },
  );

  test.each(["http://evil.example", "https://localhost.evil.example", "null", "", "file://", "localhost"])(
    "%j is a stranger's",
    (origin) => {
      expect(findForeignPage({ origin }, [])).toContain("Origin");
    },
  );

  test("what a browser calls cross-site is a stranger's, an address typed by the user is not", () => {
    expect(findForeignPage({ "sec-fetch-site": "cross-site" }, [])).toContain("Sec-Fetch-Site");
    for (const site of ["none", "same-origin", "same-site"])
      expect(findForeignPage({ "sec-fetch-site": site }, [])).toBeUndefined();
  });
});
