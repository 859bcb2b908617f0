import { expect, test } from "vitest";
import { selectFields } from "./select-fields.ts";

const page = {
  kind: "storage#objects",
  nextPageToken: "t",
  items: [
    { name: "a", size: "1", metadata: { x: "1", y: "2" } },
    { name: "b", size: "2" },
  ],
};

test.each<[fields: string | null, wanted: unknown]>([
  [null, page],
  ["*", page],
  ["kind", { kind: "storage#objects" }],
  ["items/name,nextPageToken", { nextPageToken: "t", items: [{ name: "a" }, { name: "b" }] }],
  [
    "items(name, metadata/x),items/size",
    {
      items: [
        { name: "a", size: "1", metadata: { x: "1" } },
        { name: "b", size: "2" },
      ],
    },
  ],
  ["items/*", { items: page.items }],
  ["absent", {}],
])("%j", (fields, wanted) => {
  expect(selectFields(page, fields)).toEqual(wanted);
});

test.each(["items(name", "items)", ",", "a,,b", "a/", "a()"])("%j is no selection", (fields) => {
  expect(() => selectFields(page, fields)).toThrow("Invalid field selection");
});
