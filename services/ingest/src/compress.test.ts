import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { startLocalApi } from "./fixtures/local-api.ts";

test("answers that are text are sent as the client asks, and caches are told", async () => {
  await using api = await startLocalApi();
  const ask = async (path: string, encoding: string, method: "GET" | "HEAD" = "GET") => {
    const headers = { "accept-encoding": encoding };
    const [answer]: IncomingMessage[] = await once(
      request(`${api.url}${path}`, { method, headers }).end(),
      "response",
    );
    if (!answer) throw new Error("no answer came");
    return { status: answer.statusCode, headers: answer.headers, bytes: await buffer(answer) };
  };
  const plain = await ask("/v1/errors", "identity");
  expect([plain.headers["content-encoding"], plain.headers.vary]).toEqual([undefined, "accept-encoding"]);
  for (const [encoding, unpack] of [
    ["gzip", gunzipSync],
    ["br", brotliDecompressSync],
  ] as const) {
    const packed = await ask("/v1/errors", encoding);
    expect([packed.headers["content-encoding"], packed.headers.vary]).toEqual([encoding, "accept-encoding"]);
    expect(unpack(packed.bytes)).toEqual(plain.bytes);
    const { headers } = await ask("/v1/errors", encoding, "HEAD");
    expect(headers.vary).toBe("accept-encoding");
    // None, or the length that GET has.
    expect([undefined, packed.headers["content-length"]]).toContain(headers["content-length"]);
  }
  // What nobody can unpack is sent as it is, and so is what is short.
  for (const encoding of ["compress", "*;q=0", ""]) {
    expect((await ask("/v1/errors", encoding)).bytes).toEqual(plain.bytes);
  }
  const short = await ask("/healthz", "gzip");
  expect(short.headers["content-encoding"]).toBeUndefined();
  expect(JSON.parse(short.bytes.toString())).toMatchObject({ status: "ok" });
  const refused = await ask(`/v1/jobs/${"%zz".repeat(600)}`, "gzip");
  expect([refused.status, refused.headers["content-type"]]).toEqual([400, "application/problem+json"]);
});
