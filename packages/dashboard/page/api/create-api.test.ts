import { expect, test } from "vitest";
import { z } from "zod";
import { sayProblem } from "./api-problem.ts";
import { createApi } from "./create-api.ts";
import { createSession } from "./session.ts";

function memory(initial: Record<string, string> = {}) {
  const kept = new Map(Object.entries(initial));
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}

function apiThatAnswers(answer: () => Response, key?: string) {
  const asked: { url: string; headers: Headers; body: unknown }[] = [];
  const storage = memory(key === undefined ? {} : { "segue-key": key });
  const session = createSession(storage);
  const api = createApi({
    baseUrl: "https://music.example/segue/",
    session,
    async fetch(url, init) {
      asked.push({ url, headers: new Headers(init?.headers), body: init?.body });
      return answer();
    },
  });
  return { api, session, asked, storage };
}

const Any = z.object({ ok: z.boolean() });

test("paths are below the page's own, and the tab's key goes with them", async () => {
  const { api, asked } = apiThatAnswers(() => Response.json({ ok: true }), "sk_a");
  expect(await api.get("v1/x", Any)).toEqual({ ok: true });
  await api.post("v1/x", Any, { a: 1 });
  await api.post("v1/x", Any);
  expect(asked[0]?.url).toBe("https://music.example/segue/v1/x");
  expect(asked.map(({ headers }) => headers.get("authorization"))).toEqual(Array(3).fill("Bearer sk_a"));
  const keys = asked.map(({ headers }) => headers.get("idempotency-key"));
  expect(keys[0]).toBeNull();
  expect(keys[1]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[2]).not.toBe(keys[1]);
});

test("without a key none is sent", async () => {
  const { api, asked } = apiThatAnswers(() => Response.json({ ok: true }));
  await api.get("v1/x", Any);
  expect(asked[0]?.headers.has("authorization")).toBe(false);
});

test("401 asks for a key, once; another key ends that, and is kept for this tab", async () => {
  const problem = { code: "key-required", detail: "expected a key" };
  const { api, session, storage } = apiThatAnswers(() => Response.json(problem, { status: 401 }));
  let told = 0;
  session.subscribe(() => told++);
  await expect(api.get("v1/x", Any)).rejects.toMatchObject({ status: 401, code: "key-required" });
  await expect(api.get("v1/x", Any)).rejects.toThrow("expected a key");
  expect([session.wish(), told]).toEqual(["required", 1]);
  session.use("sk_b");
  expect([session.wish(), session.key(), storage.kept.get("segue-key")]).toEqual([null, "sk_b", "sk_b"]);
  await expect(api.get("v1/x", Any)).rejects.toThrow();
  expect(session.wish()).toBe("refused");
  session.use(undefined);
  expect(storage.kept.size).toBe(0);
});

test("problems are read whoever they are from, and say whether they may pass", async () => {
  const headers = { "retry-after": "3" };
  const busy = apiThatAnswers(() =>
    Response.json({ code: "rate-limited", detail: "d" }, { status: 429, headers }),
  );
  const error = await busy.api.get("v1/x", Any).catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code: "rate-limited", mayPass: true, retryAfterMs: 3_000 });
  const proxy = apiThatAnswers(() => new Response("<html>", { status: 502 }));
  await expect(proxy.api.get("v1/x", Any)).rejects.toMatchObject({ code: "http-502", mayPass: true });
  const gone = apiThatAnswers(() => {
    throw new TypeError("network");
  });
  const away = await gone.api.get("v1/x", Any).catch((problem: unknown) => problem);
  expect(away).toMatchObject({ status: 0, mayPass: true });
  expect(sayProblem(away)).toBe("The API does not answer.");
});

test("a key that no header takes is refused without being sent, and is not kept", () => {
  const { session, storage } = apiThatAnswers(() => Response.json({ ok: true }));
  for (const odd of ["sk_\u{1f3b5}", "sk_a b", "sk_a\nb", "\u201csk_a\u201d", ""]) {
    session.use(odd);
    expect([odd, session.key(), session.wish(), storage.kept.size]).toEqual([odd, undefined, "refused", 0]);
  }
  session.use("sk_a");
  expect([session.key(), session.wish()]).toEqual(["sk_a", null]);
});

test("an answer in no form that is known is said in words for people", async () => {
  const { api } = apiThatAnswers(() => Response.json({ ok: "perhaps" }));
  const html = apiThatAnswers(() => new Response("<html>"));
  for (const asked of [api.get("v1/x", Any), html.api.get("v1/x", Any)]) {
    const error: unknown = await asked.catch((reason: unknown) => reason);
    expect(sayProblem(error)).toMatch(/^The API has answered in a form that this page does not know\./);
  }
});
