import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { KeyResource } from "@segue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCli } from "../testing/index.ts";

interface Asked {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}
const asked: Asked[] = [];
const resource: KeyResource = {
  ...{ id: "2Yb7kQ9fTz1X", owner: "acme", name: "studio\u001b[31m", scopes: ["tracks:read"] },
  ...{ requestsPerSec: 20, burst: 40, tracksPerDay: null, bytesPerDay: null, createdBy: "admin" },
  ...{ createdAt: "2026-01-01T00:00:00.000Z", expiresAt: null, revokedAt: null, lastUsedAt: null },
};
const entry = {
  ...{
    at: "2026-01-01T00:00:00.000Z",
    keyId: resource.id,
    owner: "acme",
    action: "createTrack",
    object: "t",
  },
  ...{ address: "10.0.0.1", requestId: "r", status: 202 },
};
const revoked = { ...resource, revokedAt: resource.createdAt };
const answers: Record<string, [number, object]> = {
  "GET /healthz": [200, { status: "ok", name: "segue", fleetId: null }],
  "GET /v1/keys": [200, { keys: [resource] }],
  "POST /v1/keys": [201, { key: "sk_secret", resource }],
  [`POST /v1/keys/${resource.id}/rotate`]: [201, { key: "sk_secret", resource }],
  [`DELETE /v1/keys/${resource.id}`]: [200, { ...revoked, withdrawn: [resource.id] }],
  [`DELETE /v1/keys/${resource.id}?made=true`]: [
    200,
    { ...revoked, withdrawn: [resource.id, "anotherkey01"] },
  ],
  "GET /v1/audit?limit=1": [200, { entries: [entry], nextCursor: "7" }],
  "GET /v1/audit?limit=100": [200, { entries: [entry], nextCursor: null }],
};
const server = createServer(async (request, response) => {
  const line = `${request.method} ${request.url}`;
  const body = await text(request);
  asked.push({ line, authorization: request.headers.authorization, body: body && JSON.parse(body) });
  const [status, answer] = answers[line] ?? [404, {}];
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
});
let api: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  api = `http://127.0.0.1:${Object(server.address()).port}`;
});
afterAll(() => void server.close());
beforeEach(() => void asked.splice(0));

const run = (...args: string[]) =>
  runCli([...args, "--api", api], process.cwd(), { SEGUE_API_KEY: "sk_mine" });

test("a key that was made is all of standard output, and what was said of it all of the request", async () => {
  const options = ["--owner", "acme", "--scopes", "tracks:read", "--rate", "20", "--tracks-per-day", "5"];
  const { code, stdout, stderr } = await run(
    "keys",
    "create",
    "studio",
    ...options,
    "--expires",
    "2027-01-01",
  );
  expect([code, stdout]).toEqual([0, "sk_secret\n"]);
  expect(stderr).toContain("2Yb7kQ9fTz1X of acme for tracks:read");
  expect(asked.at(-1)).toEqual({
    line: "POST /v1/keys",
    authorization: "Bearer sk_mine",
    body: {
      ...{ name: "studio", owner: "acme", scopes: ["tracks:read"], requestsPerSec: 20, tracksPerDay: 5 },
      expiresAt: "2027-01-01T00:00:00.000Z",
    },
  });
});

test("keys are listed, rotated, withdrawn; the audit is read", async () => {
  const listed = await run("keys");
  expect(listed.stdout).toContain("20/s, 40 at once");
  expect(listed.stdout).not.toContain("\u001b");
  expect((await run("keys", "rotate", resource.id, "--grace", "0")).stdout).toBe("sk_secret\n");
  expect(asked.at(-1)?.body).toEqual({ graceSec: 0 });
  expect((await run("keys", "revoke", resource.id)).stdout).toContain("is withdrawn");
  const withMade = await run("keys", "revoke", resource.id, "--made");
  expect(withMade.stdout).toBe(`${resource.id} is withdrawn\nanotherkey01 is withdrawn\n`);
  expect((await run("keys", "revoke", "000000000000")).code).toBe(1);
  expect(JSON.parse((await run("keys", "audit", "--json", "--limit", "1")).stdout)).toEqual([entry]);
  expect((await run("keys", "audit")).stdout).toMatch(/createTrack +t +202 +10\.0\.0\.1/);
});

test.each([
  ["create", "n", "--scopes", "all"],
  ["create", "n", "--rate", "0"],
  ["create", "n", "--expires", "soon"],
  ["rotate", resource.id, "--grace", "-1"],
])("segue keys %s %s %s %s is no command", async (...args) => {
  expect((await run("keys", ...args)).code).toBe(2);
  expect(asked).toEqual([]);
});
