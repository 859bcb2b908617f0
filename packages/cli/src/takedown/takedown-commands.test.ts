import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { SignedReceipt, TakedownResource, TakedownStatement } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCli } from "../testing/index.ts";

const id = "01900000-0000-7000-8000-000000000001";
const [declined, unknown] = ["01900000-0000-7000-8000-000000000002", "01900000-0000-7000-8000-000000000003"];
const at = "2026-01-01T00:00:00.000Z";
const master = "ab".repeat(32);

const said: TakedownStatement = {
  ...{ v: 1, takedownId: id, cause: "takedown", tracks: [], masters: [master], again: "refuse" },
  ...{ requestedAt: at, stage: "removed", provedAt: at, sweeps: 3, removed: null, cameAgain: null },
  ...{ lastHeardAt: null, messagesUntil: at, says: "nothing is left" },
};
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const spki = publicKey.export({ type: "spki", format: "der" });
const statement = JSON.stringify(said);
const receipt: SignedReceipt = {
  ...{ v: 1, type: "TakedownReceipt", statement, algorithm: "Ed25519", publicKey: spki.toString("base64") },
  keyId: createHash("sha256").update(spki).digest("hex").slice(0, 16),
  signature: sign(null, Buffer.from(statement), privateKey).toString("base64"),
};
const url = `/v1/takedowns/${id}`;
const takedown: TakedownResource = {
  ...{ id, url, cause: "takedown", state: "removed", tracks: [], masters: [master], again: "refuse" },
  ...{ reason: "notice\u001b[31m 4711", requestedAt: at, removedAt: at, finalAt: null, receipts: [receipt] },
};
const link = { id, url };
const problem = (status: number, code: string) => [
  status,
  { type: `/v1/errors#${code}`, title: code, status, code, detail: `it is ${code}`, remedy: "none" },
];
const answers: Record<string, unknown[]> = {
  "GET /healthz": [200, { status: "ok", name: "segue", fleetId: null }],
  "POST /v1/takedowns": [202, link],
  [`GET /v1/takedowns/${id}`]: [200, takedown],
  [`GET /v1/takedowns/${declined}`]: [200, { ...takedown, id: declined, state: "declined", receipts: [] }],
  "GET /v1/takedowns/keys": [
    200,
    {
      keys: [{ keyId: receipt.keyId, algorithm: "Ed25519", publicKey: receipt.publicKey, firstUsedAt: at }],
    },
  ],
  [`DELETE /v1/tracks/${id}`]: [202, link],
  [`DELETE /v1/tracks/${declined}`]: problem(410, "track-deleted"),
  [`POST /v1/tracks/${id}/cancel`]: [202, { id, takedown: link }],
  [`POST /v1/tracks/${declined}/cancel`]: problem(409, "already-started"),
};
const asked: { readonly line: string; readonly body: unknown }[] = [];
const server = createServer(async (request, response) => {
  const line = `${request.method} ${request.url}`;
  const body = await text(request);
  asked.push({ line, body: body && JSON.parse(body) });
  const [status, answer] = answers[line] ?? problem(404, "not-found");
  response.writeHead(Number(status), { "content-type": "application/json" }).end(JSON.stringify(answer));
});
let api: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-takedown-"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = `http://127.0.0.1:${Object(server.address()).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => void asked.splice(0));

const run = (...args: string[]) => runCli([...args, "--api", api], folder, {});

test("masters are taken down a thousand at a time, and refused from then on unless it is said otherwise", async () => {
  const all = Array.from({ length: 1_001 }, (_, n) => n.toString(16).padStart(64, "0"));
  await writeFile(join(folder, "notice.txt"), all.map((each) => `${each}  song.flac\n`).join(""));
  const { code, stdout } = await run("takedown", "notice.txt", "--reason", "notice 4711");
  expect([code, stdout]).toEqual([0, `takedown ${id}\n  ${link.url}\n`.repeat(2)]);
  const bodies = asked.filter(({ line }) => line.startsWith("POST")).map(({ body }) => body);
  expect(bodies).toEqual([
    { masters: all.slice(0, 1_000), again: "refuse", reason: "notice 4711" },
    { masters: all.slice(1_000), again: "refuse", reason: "notice 4711" },
  ]);
  expect(JSON.parse((await run("takedown", master, "--again", "new", "--json")).stdout)).toEqual([link]);
  expect(asked.at(-1)?.body).toEqual({ masters: [master], again: "new" });
});

test("how far a takedown is, and its receipt alone", async () => {
  const { code, stdout } = await run("takedown", "show", id);
  expect([code, stdout]).toEqual([0, expect.stringContaining("removed, of 1 masters (notice")]);
  expect(stdout).not.toContain("\u001b");
  expect(JSON.parse((await run("takedown", "show", id, "--receipt")).stdout)).toEqual(receipt);
  const none = await run("takedown", "show", declined, "--receipt");
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("is declined, and has no receipt")]);
  expect((await run("takedown", "show", unknown)).code).toBe(1);
});

test("a receipt is proved with a key that was given, without a fleet, or with those that the fleet tells", async () => {
  await writeFile(join(folder, "receipt.json"), JSON.stringify(receipt));
  await writeFile(join(folder, "pub.pem"), publicKey.export({ type: "spki", format: "pem" }));
  const proved = await run("takedown", "verify", "receipt.json", "--key", "pub.pem");
  expect([proved.code, proved.stdout]).toEqual([0, expect.stringMatching(/^true: removed, of takedown /)]);
  expect(asked).toEqual([]);
  expect(JSON.parse((await run("takedown", "verify", "receipt.json", "--json")).stdout)).toEqual(said);
  await writeFile(
    join(folder, "receipt.json"),
    JSON.stringify({ ...receipt, statement: statement.replace("removed", "final") }),
  );
  const refused = await run("takedown", "verify", "receipt.json");
  expect([refused.code, refused.stdout]).toEqual([1, ""]);
});

test("a track is deleted, or cancelled where nothing has begun; one that is gone is said to be", async () => {
  expect((await run("delete", id)).stdout).toBe(`track ${id} goes: takedown ${id}\n  ${link.url}\n`);
  expect(JSON.parse((await run("delete", id, "--cancel", "--json")).stdout)).toEqual(link);
  for (const [track, ...options] of [[declined], [unknown], [unknown, "--cancel"], [declined, "--cancel"]])
    expect([track, (await run("delete", `${track}`, ...options)).code]).toEqual([track, 1]);
  expect((await run("delete", declined)).stderr).toBe("it is track-deleted\n");
});

test.each([
  ["takedown", "no-such-file"],
  ["takedown", master, "--again", "maybe"],
])("segue %s %s is no command", async (...args) => {
  expect((await run(...args)).code).toBe(2);
  expect(asked).toEqual([]);
});
