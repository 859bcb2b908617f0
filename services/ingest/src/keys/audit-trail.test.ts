import type { AuditEntry } from "@segue/contracts";
import type { Logger } from "@segue/telemetry";
import { expect, test, vi } from "vitest";
import { createAuditTrail } from "./audit-trail.ts";

const entry = (requestId: string): AuditEntry => ({
  ...{ at: "2026-01-01T00:00:00.000Z", keyId: "k", owner: null, action: "createKey", object: null },
  ...{ address: "192.0.2.1", requestId, status: 201 },
});

function startTrail(mostWaiting?: number) {
  const warnings: string[] = [];
  const kept: string[] = [];
  const database = { isAway: false };
  const lines: object[] = [];
  const log = {
    info: (fields: object) => lines.push(fields),
    warn: (_: object, message: string) => warnings.push(message),
  } as unknown as Logger;
  const trail = createAuditTrail({
    log,
    pauseMs: 1,
    ...(mostWaiting === undefined ? {} : { mostWaiting }),
    async insert(entries) {
      if (database.isAway) throw new Error("permission denied for table api_audit");
      kept.push(...entries.map(({ requestId }) => requestId));
    },
  });
  return { trail, warnings, lines, kept, database };
}

test("what is not kept is said once for each time, and kept when the database takes it", async () => {
  const { trail, warnings, kept, database } = startTrail();
  for (const time of ["a", "b"]) {
    database.isAway = true;
    for (let index = 0; index < 20; index++) trail.note(entry(`${time}${index}`));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(trail.waiting()).toBe(20);
    database.isAway = false;
    await vi.waitFor(() => expect(trail.waiting()).toBe(0));
  }
  await trail.close();
  expect(kept).toHaveLength(40);
  expect([warnings.length, trail.lost()]).toEqual([2, 0]);
});

test("what finds no room, and what is left at the end, is counted and said", async () => {
  const { trail, warnings, database } = startTrail(5);
  database.isAway = true;
  for (let index = 0; index < 8; index++) trail.note(entry(String(index)));
  expect([trail.waiting(), trail.lost()]).toEqual([5, 3]);
  await trail.close();
  expect([trail.waiting(), trail.lost()]).toEqual([0, 8]);
  expect(warnings.filter((words) => words.includes("can wait"))).toHaveLength(1);
  expect(warnings.at(-1)).toContain("was not kept");
});

test("the log has every entry, without its client's address", async () => {
  const { trail, lines } = startTrail();
  trail.note(entry("a"));
  await trail.close();
  const { address, ...told } = entry("a");
  expect(lines[0]).toEqual({ type: "audit", ...told });
  expect(JSON.stringify(lines)).not.toContain(address);
});
