import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Access } from "./door.ts";
import { type DoorsFile, readAccesses, readDoors } from "./doors-file.ts";

const dir = mkdtempSync(join(tmpdir(), "segue-doors-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const accessLog = join(dir, "accesses.jsonl");
const write = (file: DoorsFile) => {
  const path = join(dir, "doors.json");
  writeFileSync(path, JSON.stringify(file));
  return path;
};
const grants = [{ permission: "get", resource: "records" }];
const doors = [{ identity: "key", ports: { gcs: 4001, pubsub: 4002 }, grants }];

test("each server takes its own port of each identity", () => {
  const path = write({ doors });
  expect(readDoors(path, "gcs", () => {}).doors).toEqual([{ identity: "key", port: 4001, grants }]);
  expect(readDoors(path, "pubsub", () => {}).doors).toEqual([{ identity: "key", port: 4002, grants }]);
  expect(readDoors(undefined, "gcs", () => {}).doors).toEqual([]);
});

test("all that is asked for is written down, and each refusal is told once", () => {
  const denied: Access[] = [];
  const { onAccess } = readDoors(write({ doors, accessLog }), "gcs", (access) => denied.push(access));
  const granted = { identity: "key", permission: "get", resource: "records", grantedBy: "records" };
  const refused = { identity: "key", permission: "get", resource: "masters", grantedBy: null };
  for (const access of [granted, refused, refused]) onAccess(access);
  expect(readAccesses(accessLog)).toEqual([granted, refused, refused]);
  expect(denied).toEqual([refused]);
});
