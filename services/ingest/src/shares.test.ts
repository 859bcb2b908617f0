// What one may have of what there is for all.
import { once } from "node:events";
import { request } from "node:http";
import { Problem } from "@segue/contracts";
import { expect, test } from "vitest";
import { startKeyedApi } from "./fixtures/keyed-api.ts";
import { createUploadSlots } from "./limit-uploads.ts";
import { ProblemError } from "./problem-error.ts";
import { createOwnersShares } from "./shares.ts";

const refuse = (most: number) => new ProblemError("too-many-uploads", `${most}`);

test("one owner has all but a part, which is for those who have less than that", () => {
  const shares = createOwnersShares(8, refuse);
  const ours = Array.from({ length: 6 }, () => shares.take("a"));
  expect(() => shares.take("a")).toThrow("6");
  const theirs = [shares.take("b"), shares.take("b")];
  expect(() => shares.take("b")).toThrow("6");
  theirs[0]?.();
  theirs[0]?.();
  expect(() => shares.take("a")).toThrow("6");
  theirs[1]?.();
  for (const letGo of ours) letGo();
  expect(Array.from({ length: 6 }, () => shares.take("c"))).toHaveLength(6);
});

test("where nobody is told apart, whoever comes may have all, and where there is one, anybody has it", () => {
  const slots = createUploadSlots(4);
  const taken = Array.from({ length: 4 }, () => slots.take(undefined));
  expect(() => slots.take(undefined)).toThrow("fewer than 4");
  taken[0]?.();
  taken[0]?.();
  expect(slots.take(undefined)).toBeDefined();
  expect(() => slots.take(undefined)).toThrow("fewer than 4");
  expect(createUploadSlots(1).take("a")).toBeDefined();
});

test("an owner's uploads, and requests that are held open, leave room for another's", async () => {
  await using keyed = await startKeyedApi({ SEGUE_UPLOADS_AT_ONCE: "4", SEGUE_STREAMS_AT_ONCE: "4" });
  const scopes = ["tracks:read", "tracks:write"] as const;
  const [acme, bert] = [
    await keyed.makeKey({ scopes: [...scopes] }),
    await keyed.makeKey({ owner: "bert", scopes: [...scopes] }),
  ];
  const begin = async (key: string) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "audio/mpeg", expect: "100-continue" };
    const sent = request(`${keyed.api.url}/v1/tracks`, { method: "POST", headers });
    sent.on("error", () => {});
    sent.flushHeaders();
    await once(sent, "continue");
    return sent;
  };
  const begun = [await begin(acme.key), await begin(acme.key), await begin(acme.key)];
  const post = (key: string) =>
    keyed.ask(key, "/v1/tracks", { method: "POST", body: "x", headers: { "content-type": "audio/mpeg" } });
  const [refused, taken] = [await post(acme.key), await post(bert.key)];
  expect(Problem.parse(refused.json)).toMatchObject({
    code: "too-many-uploads",
    detail: expect.stringMatching(/of one owner/),
  });
  expect(taken.status).toBe(202);
  for (const sent of begun) sent.destroy();
  const streams = new AbortController();
  const open = (key: string) =>
    fetch(`${keyed.api.url}/v1/changes/events?since=now`, {
      headers: { authorization: `Bearer ${key}` },
      signal: streams.signal,
    });
  for (let n = 0; n < 3; n++) expect((await open(acme.key)).status).toBe(200);
  expect([(await open(acme.key)).status, (await open(bert.key)).status]).toEqual([429, 200]);
  streams.abort();
});
