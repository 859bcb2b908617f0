import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigError, readEnv, wholeNumber } from "./env.ts";

const Schema = z.object({
  PORT: z.coerce.number().int().max(65_535).default(8080),
  DATABASE_URL: z.string().startsWith("postgres://"),
});

test("parses, applies defaults, and freezes", () => {
  const config = readEnv(Schema, { DATABASE_URL: "postgres://h/db", PORT: "", HOME: "/root" });
  expect(config).toEqual({ DATABASE_URL: "postgres://h/db", PORT: 8080 });
  expect(Object.isFrozen(config)).toBe(true);
});

test("names every wrong variable with its value", () => {
  const read = () => readEnv(Schema, { PORT: "eighty" });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/^PORT: .*; it is "eighty"$/m);
  expect(read).toThrow(/^DATABASE_URL: .*; it is not set$/m);
});

test.each([
  ["three", "expected a whole number"],
  ["1.5", "expected a whole number"],
  ["0", "expected a whole number, 1 or more"],
  ["11", "expected a whole number, 10 at most"],
])("of a whole number %s says what was expected", (value, expected) => {
  const schema = z.object({ COUNT: wholeNumber.min(1).max(10) });
  expect(() => readEnv(schema, { COUNT: value })).toThrow(`COUNT: ${expected}; it is "${value}"`);
});

test("what a secret is is not told, however wrong it is", () => {
  const secret = z.object({ KEY: z.string().min(32).meta({ secret: true }).optional() });
  expect(() => readEnv(secret, { KEY: "hunter2" })).toThrow(/^KEY: .*; what it is is a secret$/);
});

test.each([
  ["http://me:hunter2@proxy:3128", "http://...@proxy:3128"],
  ["https://a/, http://me:p@ss@b:1/x@y", "https://a/, http://...@b:1/x@y"],
  ["me@example.org", "me@example.org"],
])("nor is who logs in by a URL: %s", (value, told) => {
  const schema = z.object({ PROXY: z.string().regex(/^none$/, "expected none") });
  expect(() => readEnv(schema, { PROXY: value })).toThrow(`PROXY: expected none; it is "${told}"`);
});
