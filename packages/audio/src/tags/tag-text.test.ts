import { expect, test } from "vitest";
import { cleanTagText } from "./tag-text.ts";

test("NULs and control characters go, line breaks within stay out of the way, length is bounded", () => {
  expect(cleanTagText("a\u0000b\u0007c\u0000\u0000")).toBe("abc");
  expect(cleanTagText("  \u0000 ")).toBeNull();
  expect(cleanTagText("☃".repeat(5000))).toHaveLength(1000);
  const pairs = cleanTagText(`x${"🎵".repeat(5000)}`) ?? "";
  expect([...pairs]).toHaveLength(1000);
  expect(pairs.isWellFormed()).toBe(true);
  expect(cleanTagText("bad \ud800 half")?.isWellFormed()).toBe(true);
});
