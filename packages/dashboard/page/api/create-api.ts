import type { z } from "zod";
import { ApiProblem, readProblem } from "./api-problem.ts";
import { newKey } from "./new-key.ts";
import type { Session } from "./session.ts";

/** The API of the fleet that the page came from. Paths are relative to it: `v1/tracks`. */
export interface Api {
  url(path: string): string;
  /** With the tab's key. @throws {ApiProblem} unless it succeeds. */
  open(path: string, init?: RequestInit): Promise<Response>;
  /** @throws {ApiProblem}; {z.ZodError} for an answer in no form that is known here. */
  get<S extends z.ZodType>(path: string, schema: S, signal?: AbortSignal): Promise<z.output<S>>;
  /** Sends JSON, under a key of its own: whatever is lost on the way, it is done once. */
  post<S extends z.ZodType>(path: string, schema: S, body?: object): Promise<z.output<S>>;
  /** What a request that is made by other means needs. */
  headers(): Record<string, string>;
  /** Says that a key is asked for, where a problem tells that. */
  note(problem: ApiProblem): void;
  readonly session: Session;
}

export interface ApiOptions {
  readonly baseUrl: string;
  readonly session: Session;
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

export function createApi({ baseUrl, session, fetch }: ApiOptions): Api {
  const url = (path: string) => new URL(path, baseUrl).href;
  const headers = (): Record<string, string> => {
    const key = session.key();
    return key === undefined ? {} : { authorization: `Bearer ${key}` };
  };
  const note = (problem: ApiProblem) => {
    if (problem.status === 401) session.refuse();
  };
  const open: Api["open"] = async (path, init = {}) => {
    const answer = await fetch(url(path), { ...init, headers: { ...headers(), ...init.headers } }).catch(
      (error: unknown) => {
        init.signal?.throwIfAborted();
        throw new ApiProblem(0, "no-answer", String(error));
      },
    );
    if (answer.ok) return answer;
    const problem = readProblem(answer.status, await answer.text(), answer.headers.get("retry-after"));
    note(problem);
    throw problem;
  };
  return {
    ...{ url, open, headers, note, session },
    async get(path, schema, signal) {
      const answer = await open(path, signal ? { signal } : {});
      return schema.parse(await answer.json());
    },
    async post(path, schema, body = {}) {
      const headers = { "content-type": "application/json", "idempotency-key": newKey() };
      const answer = await open(path, { method: "POST", headers, body: JSON.stringify(body) });
      return schema.parse(await answer.json());
    },
  };
}
