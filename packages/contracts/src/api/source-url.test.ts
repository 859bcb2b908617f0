import { expect, test } from "vitest";
import { parseSourceUrl, SourceUrl, showSource } from "./source-url.ts";

test.each([
  ["gs://library/a.wav", "library", "a.wav"],
  ["gs://a_b-1.example.com/x/y z/ü?#[1].wav", "a_b-1.example.com", "x/y z/ü?#[1].wav"],
  [`gs://${"b".repeat(63)}/${"n".repeat(1_024)}`, "b".repeat(63), "n".repeat(1_024)],
  ["gs://library/a/../b", "library", "a/../b"],
  ["gs://library/\\o\\x", "library", "\\o\\x"],
  ["gs://library//x", "library", "/x"],
])("%s is an object", (text, bucket, name) => {
  expect(parseSourceUrl(text)).toEqual({ scheme: "gs", bucket, name });
});

test.each([
  "gs://segue-masters\\o\\SHA?/x",
  "gs://segue-masters%2fo/x",
  "gs://segue-masters?x/y",
  "gs://Library/x",
  "gs://ab/x",
  "gs://-ab/x",
  "gs://ab-/x",
  "gs://a..b/x",
  "gs://a.-b/x",
  "gs://192.168.0.1/x",
  `gs://${"b".repeat(64)}/x`,
  "gs:///x",
  "gs://library",
  "gs://library/",
  "gs://library/.",
  "gs://library/..",
  "gs://library/a\nb",
  "gs://library/a\rb",
  "gs://library/.well-known/acme-challenge/x",
  `gs://library/${"ü".repeat(513)}`,
  "GS://library/x",
  "http://host/x",
  "file:///etc/passwd",
  "https://host",
  "https:///x",
  "https://host/a b",
  "https://host/a\nb",
  "https://host\\@evil/x",
  "https://[::1/x",
  " https://host/x",
  "",
])("%j is no source", (text) => {
  expect(parseSourceUrl(text)).toEqual({ expected: expect.stringMatching(/^expected /) });
  expect(SourceUrl.safeParse(text).success).toBe(false);
});

test.each([
  ["https://host/a.wav", "https://host/a.wav"],
  ["https://host/a.wav?X-Goog-Signature=s3cret&x=1", "https://host/a.wav?..."],
  ["https://user:s3cret@host/a.wav?token=s3cret#s3cret", "https://host/a.wav?..."],
  ["https://host/a.wav#s3cret", "https://host/a.wav"],
  ["https://host/a@b?s3cret", "https://host/a@b?..."],
  ["gs://library/a?b#c", "gs://library/a?b#c"],
  ["upload", "upload"],
])("%s is shown as %s", (source, shown) => {
  expect(showSource(source)).toBe(shown);
  expect(showSource(shown)).toBe(shown);
});
