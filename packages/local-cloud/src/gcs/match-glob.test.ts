import { expect, test } from "vitest";
import { compileGlob, readGlobPrefix } from "./match-glob.ts";

// After Cloud Storage's documentation of matchGlob, and what others have measured of it (fsouza/fake-gcs-server#2328, #2344).
test.each<[glob: string, matches: string[], others: string[]]>([
  ["foo*bar", ["foobar", "fooXbar"], ["foo/bar", "foobarX"]],
  ["foo**bar", ["foobar", "foo/x/bar"], ["foobar/"]],
  ["*.txt", ["a.txt"], ["a/b.txt", "a.txtx", "axtxt"]],
  ["**.txt", ["a.txt", "a/b.txt"], ["a.txt/b"]],
  ["fo?", ["foo", "fo💿"], ["fo", "fo/", "fooo"]],
  ["[a-c]*", ["apple", "c"], ["dog", "A"]],
  ["image.{png,jpg}", ["image.png", "image.jpg"], ["image.gif", "imagexpng"]],
  ["**/*.wav", ["a.wav", "x/a.wav", "x/y/a.wav"], ["a.wave"]],
  ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb"]],
  ["a/**", ["a/", "a/b/c"], ["a", "ab"]],
  ["[!a-c]x", ["dx"], ["ax", "/x"]],
  ["{a,b{c,d}}e", ["ae", "bce", "bde"], ["be", "ce"]],
  ["{*.flac,x/**}", ["a.flac", "x/y/z"], ["y/a.flac"]],
  ["a\\*b\\{c", ["a*b{c"], ["aXb{c"]],
  ["a.b+c(d)|e^$", ["a.b+c(d)|e^$"], ["aXb+c(d)|e^$"]],
  ["a-b/c d_[x-z]-{1-2,3}", ["a-b/c d_y-1-2", "a-b/c d_z-3"], ["a-b/c d_--3"]],
  ["line*", ["line\nfeed"], []],
  ["[\\]a\\-c[]", ["]", "a", "-", "c", "["], ["b", "\\"]],
  ["[α-ω]", ["β"], ["b"]],
  ["a\\]b\\}", ["a]b}"], ["ab"]],
  ["img/**.jpg", ["img/hi-res/party-01.jpg", "img/a.jpg"], ["img/a.png"]],
])("%s", (glob, matches, others) => {
  const isMatch = compileGlob(glob);
  expect(matches.filter((name) => !isMatch(name))).toEqual([]);
  expect(others.filter(isMatch)).toEqual([]);
  for (const name of matches) expect(name.startsWith(readGlobPrefix(glob))).toBe(true);
});

test.each(["[abc", "{a,b", "[z-a]", "a[]b", "a[!]b", "a]b", "a}b", "[ω-α]"])("%s is refused", (glob) => {
  expect(() => compileGlob(glob)).toThrow("matchGlob");
});

test.each([
  ["stars between other signs", `${"*?".repeat(200)}x`, "a".repeat(1_000)],
  ["stars between letters", `${"*a".repeat(200)}x`, "a".repeat(1_000)],
  ["deep stars", `${"**a".repeat(200)}**x`, "a/".repeat(500)],
  ["segments", `${"**/".repeat(300)}x`, "a/".repeat(500)],
  ["alternatives that say the same", `${"{a,a}".repeat(200)}x`, "a".repeat(200)],
  ["alternatives of stars", `${"{*,**}".repeat(100)}x`, "a".repeat(1_000)],
  ["alternatives in alternatives", `${"{a,".repeat(200)}b${"}*".repeat(200)}x`, "a".repeat(1_000)],
])("%s: what does not match is found out in time", (_what, glob, name) => {
  const isMatch = compileGlob(glob);
  expect(isMatch(name)).toBe(false);
  expect(isMatch(`${name}x`)).toBe(true);
});

test("a glob that is longer than any name is refused", () => {
  expect(() => compileGlob("a".repeat(1_025))).toThrow("matchGlob");
});
