import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigError, readEnv } from "./env.ts";

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
