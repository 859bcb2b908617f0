import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServerUnderTest, send, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

const call = (method: string, path: string, init?: RequestInit) => send(under, method, path, init);

describe("batches", () => {
  const part = (id: number, request: string) =>
    `--===7330845974216740156==\r\nContent-Type: application/http\r\nMIME-Version: 1.0\r\nContent-ID: <b29c5de2 + ${id}>\r\n\r\n${request}\r\n`;
  const send = (body: string) =>
    call("POST", "/batch/storage/v1", {
      body: `${body}--===7330845974216740156==--`,
      headers: { "content-type": 'multipart/mixed; boundary="===7330845974216740156=="' },
    });

  test("each call is answered for itself, in order, under its id", async () => {
    await under.bucket.file("in/batch").save("x", { resumable: false });
    const json = '{"metadata": {"a": "1"}}';
    const { status, text, headers } = await send(
      part(
        1,
        `PATCH /storage/v1/b/tracks/o/in%2Fbatch HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
      ) +
        part(2, "GET /storage/v1/b/tracks/o/absent HTTP/1.1\r\n\r\n") +
        part(3, "DELETE /storage/v1/b/tracks/o/in%2Fbatch?ifMetagenerationMatch=2 HTTP/1.1\r\n\r\n"),
    );
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^multipart\/mixed; boundary=/);
    expect(
      [...text.matchAll(/Content-ID: (.*)\r\n\r\nHTTP\/1\.1 (\d+)/g)].map(([, id, code]) => [id, code]),
    ).toEqual([
      ["<response-b29c5de2 + 1>", "200"],
      ["<response-b29c5de2 + 2>", "404"],
      ["<response-b29c5de2 + 3>", "204"],
    ]);
    expect(await under.bucket.file("in/batch").exists()).toEqual([false]);
  });

  test.each([
    ["an upload", part(1, "POST /upload/storage/v1/b/tracks/o?uploadType=media&name=x HTTP/1.1\r\n\r\nx")],
    ["a download", part(1, "GET /storage/v1/b/tracks/o/x?alt=media HTTP/1.1\r\n\r\n")],
    [
      "more than a hundred calls",
      Array.from({ length: 101 }, (_, id) => part(id, "GET /storage/v1/b HTTP/1.1\r\n\r\n")).join(""),
    ],
    ["no request", part(1, "tracks")],
  ])("%s is refused", async (_, body) => {
    expect((await send(body)).status).toBe(400);
  });
});
