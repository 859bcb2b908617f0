import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

describe("tokens", () => {
  const sign = (change: Record<string, unknown> = {}, spoil = "") => {
    const account = JSON.parse(readFileSync(under.server.credentialsPath, "utf8"));
    const nowSec = Math.floor(Date.now() / 1000);
    const claims = {
      iss: account.client_email,
      scope: "x",
      aud: account.token_uri,
      iat: nowSec,
      exp: nowSec + 3600,
      ...change,
    };
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${encode({ alg: "RS256", typ: "JWT", kid: account.private_key_id })}.${encode(claims)}`;
    const signature = createSign("RSA-SHA256").update(text).sign(account.private_key, "base64url");
    return { account, assertion: `${text}${spoil}.${signature}` };
  };
  const ask = (url: string, assertion: string) =>
    fetch(url, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }),
    });

  test("the service account file says where its assertions are traded for tokens", async () => {
    const { account, assertion } = sign();
    expect(account).toMatchObject({
      type: "service_account",
      private_key_id: expect.any(String),
      client_id: expect.stringMatching(/^\d+$/),
    });
    const response = await ask(account.token_uri, assertion);
    expect([response.status, await response.json()]).toEqual([
      200,
      { access_token: expect.any(String), token_type: "Bearer", expires_in: 3600 },
    ]);
  });

  test.each([
    ["another issuer", { iss: "eve@example.com" }, ""],
    ["an old one", { iat: 1_000, exp: 4_600 }, ""],
    ["one that was changed", {}, "A"],
    ["one without times", { iat: undefined, exp: undefined }, ""],
  ])("%s gets none", async (_, change, spoil) => {
    const { account, assertion } = sign(change, spoil);
    const response = await ask(account.token_uri, assertion);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ error: "invalid_grant" }),
    ]);
  });
});
