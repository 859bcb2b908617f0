import { expect, test } from "vitest";
import { digestOf, makeKey, readKeyId } from "./key-text.ts";

test("a key has 256 random bits, an id, and a check that tells every slip of one character", () => {
  const { id, text, digest } = makeKey();
  expect(text).toMatch(/^sk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  expect(readKeyId(text)).toBe(id);
  expect(digestOf(text)).toEqual(digest);
  for (let at = 0; at < text.length; at++)
    expect(
      readKeyId(`${text.slice(0, at)}${text[at] === "x" ? "y" : "x"}${text.slice(at + 1)}`),
    ).toBeUndefined();
  for (const other of ["", "sk_", `${text}0`, ` ${text}`, text.slice(1), text.toLowerCase()])
    expect(readKeyId(other)).toBeUndefined();
});

test("the same bytes are the same key, also at both ends", () => {
  for (const fill of [0, 255]) {
    const made = makeKey((bytes) => Buffer.alloc(bytes, fill));
    expect(readKeyId(made.text)).toBe(made.id);
  }
  const zero = makeKey((bytes) => Buffer.alloc(bytes));
  expect(zero.text).toMatch(/^sk_0{12}_0{43}[0-9A-Za-z]{6}$/);
  expect(new Set(Array.from({ length: 100 }, () => makeKey().id)).size).toBe(100);
});
