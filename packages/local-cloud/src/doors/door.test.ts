import { expect, test } from "vitest";
import { type Access, Door } from "./door.ts";

test("a grant is for one name, for all that begin so, or for all of these but some", () => {
  const door = new Door({
    identity: "fetch",
    grants: [
      { permission: "get", resource: "records" },
      { permission: "delete", resource: "news.fetch-*" },
      { permission: "get", resource: "*", except: "segue-*" },
    ],
  });
  const has = (permission: string, ...names: string[]) => names.map((name) => door.has(permission, name));
  expect(has("get", "records", "library", "segue-assets", "segue")).toEqual([true, true, false, true]);
  expect(has("delete", "news.fetch-1", "news.fetch", "records")).toEqual([true, false, false]);
  expect(has("list", "records")).toEqual([false]);
});

test("what is asked for is told, with the answer", () => {
  const told: Access[] = [];
  const grants = [{ permission: "get", resource: "records" }];
  const door = new Door({ identity: "key", grants }, (access) => told.push(access));
  door.may("get", "records", "a.json");
  door.may("get", "masters");
  expect(told).toEqual([
    { identity: "key", permission: "get", resource: "records", object: "a.json", grantedBy: "records" },
    { identity: "key", permission: "get", resource: "masters", grantedBy: null },
  ]);
});
