import { Problem } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "./app.ts";
import { type LocalApi, startLocalApi } from "./fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

test.each([
  ["ENOSPC", 507, "storage-full"],
  ["EDQUOT", 507, "storage-full"],
  ["EROFS", 503, "unavailable"],
  ["EMFILE", 503, "unavailable"],
  ["ENFILE", 503, "unavailable"],
  ["ENOMEM", 503, "unavailable"],
])(
  "a machine that says %s while a file is taken in: %d, in words, to be tried again",
  async (code, status, problem) => {
    const trouble = Object.assign(new Error(`${code}: of the system`), { code });
    const masters = { ...api.context.masters, receive: () => Promise.reject(trouble) };
    const app = await createApp({ ...api.context, masters });
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const response = await fetch(`${url}/v1/tracks`, {
      method: "POST",
      body: "sound",
      headers: { "content-type": "audio/mpeg" },
    });
    const body = Problem.parse(await response.json());
    expect(body).toMatchObject({ status, code: problem, detail: expect.stringContaining(code) });
    expect(response.headers.get("retry-after")).toMatch(/^[1-9]/);
    expect(await api.objects("records")).toEqual([]);
    await app.close();
  },
);
