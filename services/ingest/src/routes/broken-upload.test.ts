import { once } from "node:events";
import { request } from "node:http";
import { connect as openSocket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi({
    SEGUE_MAX_UPLOAD_BYTES: "3000000",
    SEGUE_UPLOAD_IDLE_MS: "300",
    SEGUE_UPLOAD_GRACE_MS: "700",
    SEGUE_MIN_UPLOAD_BYTES_PER_SEC: "1000",
  });
});
afterAll(() => api[Symbol.asyncDispose]());

/** The start of a form, as far as its file. */
const formHead = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.mp3"\r\n\r\n';

/** What a broken upload must leave behind: nothing. */
const snapshot = async () => ({
  masters: await api.objects("masters"),
  scratch: await api.objects("scratch"),
  records: await api.objects("records"),
});

const shapes = [
  ["raw body", "audio/mpeg", ""],
  ["form", "multipart/form-data; boundary=b", formHead],
] as const;

test.each(shapes)("a %s that is cut leaves nothing", async (_how, type, head) => {
  const before = await snapshot();
  const refused = api.refusals.length;
  const socket = openSocket(Number(new URL(api.url).port), "127.0.0.1");
  socket.write(
    `POST /v1/tracks HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: 1000000\r\n\r\n${head}`,
  );
  socket.write(Buffer.alloc(300_000));
  // The bytes are on their way to storage by now: cut in the middle of it.
  await new Promise((resolve) => setTimeout(resolve, 100));
  socket.destroy();
  await once(socket, "close");
  await expect.poll(() => api.refusals.slice(refused)).toEqual(["upload-cut"]);
  expect(await snapshot()).toEqual(before);
});

const slowUpload = async (
  type: string,
  head: string,
  bytesPerTick: number,
): Promise<{ status: number; body: unknown }> => {
  const sent = request(`${api.url}/v1/tracks`, {
    method: "POST",
    headers: { "content-type": type, "content-length": 50_000 },
  });
  sent.on("error", () => {});
  sent.write(head);
  const timer = setInterval(() => sent.write(Buffer.alloc(bytesPerTick)), 50);
  if (bytesPerTick === 0) clearInterval(timer);
  const [response] = await once(sent, "response");
  clearInterval(timer);
  let body = "";
  for await (const chunk of response) body += chunk;
  sent.destroy();
  return { status: response.statusCode, body: JSON.parse(body) };
};

test.each([
  ["form between its parts", "multipart/form-data; boundary=b", `${formHead}x\r\n--b\r\n`, "upload-stalled"],
  ["JSON body", "application/json", '{"source":', "request-stalled"],
])("a %s that stops coming holds nothing up", async (_how, type, head, code) => {
  const before = await snapshot();
  const { status, body } = await slowUpload(type, head, 0);
  expect(status).toBe(408);
  expect(body).toMatchObject({ code });
  expect(await snapshot()).toEqual(before);
});

test.each(shapes)("a %s that stops coming gets an answer and leaves nothing", async (_how, type, head) => {
  const before = await snapshot();
  const { status, body } = await slowUpload(type, `${head}x`, 0);
  expect(status).toBe(408);
  expect(body).toMatchObject({ code: "upload-stalled", detail: "no byte came for 300 ms" });
  expect(await snapshot()).toEqual(before);
});

test.each(shapes)("a %s that drips gets an answer and leaves nothing", async (_how, type, head) => {
  const before = await snapshot();
  const { status, body } = await slowUpload(type, head, 1);
  expect(status).toBe(408);
  expect(body).toMatchObject({
    code: "upload-stalled",
    detail: expect.stringContaining("at least 1000 bytes/s"),
  });
  expect(await snapshot()).toEqual(before);
});
