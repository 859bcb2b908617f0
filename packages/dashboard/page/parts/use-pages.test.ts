import { expect, test } from "vitest";
import { readPages } from "./use-pages.ts";

/** A list of so many pages. */
function listOf(pages: number) {
  const asked: (string | null)[] = [];
  const read = async (cursor: string | null) => {
    asked.push(cursor);
    const at = cursor === null ? 0 : Number(cursor);
    return { at, nextCursor: at + 1 < pages ? String(at + 1) : null };
  };
  return { asked, read };
}

test("so many pages are read as are asked for, one after the other, by their cursors", async () => {
  const { asked, read } = listOf(5);
  expect((await readPages(1, read)).map(({ at }) => at)).toEqual([0]);
  expect((await readPages(3, read)).map(({ at }) => at)).toEqual([0, 1, 2]);
  expect(asked).toEqual([null, null, "1", "2"]);
});

test("where there are no more the last one ends it, and a failure fails all of it", async () => {
  const { asked, read } = listOf(2);
  const pages = await readPages(9, read);
  expect(pages.map(({ nextCursor }) => nextCursor)).toEqual(["1", null]);
  expect(asked).toHaveLength(2);
  const failing = readPages(3, async (cursor) => {
    if (cursor !== null) throw new Error("away");
    return { nextCursor: "1" };
  });
  await expect(failing).rejects.toThrow("away");
});
