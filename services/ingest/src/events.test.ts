import { expect, test } from "vitest";
import { startLocalApi } from "./fixtures/local-api.ts";

test("requests by route and status, and what is accepted, are measured", async () => {
  await using api = await startLocalApi();
  const post = (body: string) =>
    fetch(`${api.url}/v1/tracks`, { method: "POST", headers: { "content-type": "audio/wav" }, body });
  const { id } = (await (await post("123456")).json()) as { id: string };
  await post("1234");
  expect((await fetch(`${api.url}/v1/tracks/${id.slice(0, -1)}x`)).status).toBe(400);
  expect((await fetch(`${api.url}/nothing/here`)).status).toBe(404);
  const { source } = { source: "gs://no-such-bucket/x.wav" };
  const headers = { "content-type": "application/json" };
  await fetch(`${api.url}/v1/tracks`, { method: "POST", headers, body: JSON.stringify({ source }) });
  const measured = await api.collectMetrics();
  const count = (series: RegExp) => Number(series.exec(measured)?.[1]);
  expect(
    count(/^segue_api_requests_total\{route="\/v1\/tracks",method="POST",status="202",.*\} (\d+)$/m),
  ).toBe(3);
  expect(
    count(/^segue_api_requests_total\{route="\/v1\/tracks\/:id",method="GET",status="400",.*\} (\d+)$/m),
  ).toBe(1);
  expect(
    count(/^segue_api_requests_total\{route="none",method="GET",status="404",code="not-found",.*\} (\d+)$/m),
  ).toBe(1);
  expect(measured).toMatch(/status="202",code="none"/);
  expect(
    count(/^segue_api_request_duration_seconds_count\{route="\/v1\/tracks",method="POST",.*\} (\d+)$/m),
  ).toBe(3);
  expect(count(/^segue_accepted_tracks_total\{source="upload",.*\} (\d+)$/m)).toBe(2);
  expect(count(/^segue_accepted_tracks_total\{source="gs",.*\} (\d+)$/m)).toBe(1);
  expect(count(/^segue_accepted_bytes_total\{source="upload",.*\} (\d+)$/m)).toBe(10);
  expect(measured).not.toContain(id);
});
