// A track that waits since its work was put off says so, in its history.
import { createHolds } from "@segue/artifacts";
import { fetchAddress, StepError, TrackHistory, TrackReceipt } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chain, type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

async function submit(body: string | object): Promise<TrackReceipt> {
  const isText = typeof body === "string";
  const response = await fetch(`${api.url}/v1/tracks${isText ? "?targets=aac" : ""}`, {
    method: "POST",
    headers: { "content-type": isText ? "application/octet-stream" : "application/json" },
    body: isText ? body : JSON.stringify(body),
  });
  return TrackReceipt.parse(await response.json());
}
const putOff = async (address: string, error: StepError, now = new Date(), pieces = null) => {
  const holds = createHolds(api.store, api.names);
  await holds.note({ address, pieces }, { error, worker: "w", isSuspect: false, now });
};
const read = async (id: string) =>
  TrackHistory.parse(await (await fetch(`${api.url}/v1/tracks/${id}/history`)).json()).putOff;
const masterOf = async (id: string) => (await api.context.tracks.read(id))?.master ?? "";

test("a step that starved is told, with when it is tried again and why it was not", async () => {
  const { id } = await submit("a track");
  expect(await read(id)).toEqual([]);
  const address = chain.addressesFor(await masterOf(id)).get("pcm") ?? "";
  const error = new StepError("starved", "2 s of CPU in 20 s");
  await putOff(address, error);
  await putOff(address, error);
  const [only, ...others] = await read(id);
  expect(others).toEqual([]);
  expect(only).toMatchObject({ step: "decode", times: 2, reason: "starved: 2 s of CPU in 20 s" });
  expect(Date.parse(only?.until ?? "")).toBeGreaterThan(Date.now());
});

test("a pause that is over, and one of a step that the track does not want, are not told", async () => {
  const { id } = await submit("another track");
  const addresses = chain.addressesFor(await masterOf(id));
  const error = new StepError("starved", "late");
  await putOff(addresses.get("pcm") ?? "", error, new Date(Date.now() - 3_600_000));
  await putOff("0".repeat(64), error);
  expect(await read(id)).toEqual([]);
});

test("a source that is away is told as the fetch's", async () => {
  const { id } = await submit({ source: "https://music.example/away.flac" });
  await putOff(fetchAddress(id), new StepError("starved", "music.example does not answer"));
  expect(await read(id)).toMatchObject([{ step: "fetch", times: 1 }]);
});
