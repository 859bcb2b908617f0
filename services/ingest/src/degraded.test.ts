import { TrackReceipt } from "@segue/contracts";
import { expect, test } from "vitest";
import { startLocalApi } from "./fixtures/local-api.ts";

test("without its database the API still takes tracks in and finds them, and says what it can't tell", async () => {
  await using api = await startLocalApi();
  await api.stopDatabase();
  const posted = await fetch(`${api.url}/v1/tracks`, {
    method: "POST",
    body: "abc",
    headers: { "content-type": "audio/mpeg" },
  });
  expect(posted.status).toBe(202);
  const { url, id } = TrackReceipt.parse(await posted.json());
  const found = await fetch(url);
  expect(found.status).toBe(200);
  expect(await found.json()).toMatchObject({
    id,
    state: "accepted",
    degraded: expect.stringContaining("does not answer"),
  });
  expect((await fetch(`${api.url}/v1/tracks`)).status).toBe(503);
  expect((await fetch(`${url}/assets/aac`)).status).toBe(503);
});
