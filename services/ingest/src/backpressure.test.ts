import { once } from "node:events";
import { type ClientRequest, request } from "node:http";
import { Problem, TrackReceipt } from "@segue/contracts";
import { expect, test } from "vitest";
import { startLocalApi } from "./fixtures/local-api.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const audio = { "content-type": "audio/mpeg" };

test("more submissions at once than may be are refused with Retry-After; tracks that wait for their steps hold none up", async () => {
  await using api = await startLocalApi({ SEGUE_UPLOADS_AT_ONCE: "2" });
  const post = (path: string, body: string, headers: Record<string, string>) =>
    fetch(`${api.url}${path}`, { method: "POST", body, headers });
  // Nothing works on them: they stay open.
  for (const body of ["one", "two", "three"])
    expect((await post("/v1/tracks", body, audio)).status).toBe(202);

  const begin = async (): Promise<ClientRequest> => {
    const headers = { ...audio, expect: "100-continue" };
    const sent = request(`${api.url}/v1/tracks`, { method: "POST", headers });
    sent.on("error", () => {});
    sent.flushHeaders();
    // The server has begun with it.
    await once(sent, "continue");
    sent.write("RIFF");
    return sent;
  };
  const finishing = await begin();
  const leaving = await begin();
  const refused = await post("/v1/tracks", "four", audio);
  expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
  expect(Problem.parse(await refused.json())).toMatchObject({ code: "too-many-uploads" });
  const job = { request_id: "r", release_id: "1", asset_id: "1", asset_guid: "1", derivative_assets: [] };
  const body = JSON.stringify({ ...job, source: "gs://nowhere/x" });
  // What takes no file in is not held up.
  expect((await post("/v1/jobs", body, { "content-type": "application/json" })).status).toBe(202);
  expect((await post("/v1/pings", "{}", { "content-type": "application/json" })).status).toBe(202);

  // One goes on to its end, the other's client goes away: both give their places back.
  finishing.end();
  const [finished] = await once(finishing, "response");
  expect(finished.resume().statusCode).toBe(202);
  leaving.destroy();
  const free = async () => {
    const both = await Promise.all(["five", "six"].map((text) => post("/v1/tracks", text, audio)));
    return both.map(({ status }) => status);
  };
  await expect.poll(free).toEqual([202, 202]);
});

test("a trace that a client has begun goes on in the messages of its track", async () => {
  await using api = await startLocalApi();
  const headers = { ...audio, traceparent };
  const posted = await fetch(`${api.url}/v1/tracks`, { method: "POST", body: "abc", headers });
  TrackReceipt.parse(await posted.json());
  for (const topic of ["tracks", "master"]) {
    expect(await api.published(topic, 1)).toMatchObject([{ attributes: { traceparent } }]);
  }
});
