// Requests as nobody means them, over every operation of the description: each is answered as that has it, and none is a defect. A failure names its seed: `SEED=... vitest run ...`.
import { randomBytes } from "node:crypto";
import { httpErrorCatalogue, Problem, SearchedFacts } from "@segue/contracts";
import type { OpenAPIV3_1 } from "openapi-types";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPicks } from "./fixtures/crossed-requests.ts";
import { createJudge, readText } from "./fixtures/described-answer.ts";
import { startDescribedApi } from "./fixtures/described-api.ts";
import type { LocalApi } from "./fixtures/local-api.ts";
import { createOddRequests } from "./fixtures/odd-requests.ts";
import { listOperations } from "./openapi/operations.ts";

const seed = Number(process.env.SEED ?? randomBytes(4).readUInt32LE());
/** Of each operation. */
const rounds = Number(process.env.ROUNDS ?? 10);

let api: LocalApi;
beforeAll(async () => {
  api = await startDescribedApi();
});
afterAll(() => api[Symbol.asyncDispose]());

/** What a library says of itself, and values that were never meant as text. */
const foreignWords = /Zod|Invalid input|\[object |\bNaN:|FST_ERR/;

test(`whatever is asked is answered as the description has it (seed ${seed})`, async () => {
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenAPIV3_1.Document;
  const { facts } = SearchedFacts.parse(await (await fetch(`${api.url}/v1/search/facts`)).json());
  expect(facts.length).toBeGreaterThan(5);
  const judge = createJudge(document);
  const next = createOddRequests(
    document,
    createPicks(seed),
    facts.map(({ name }) => name),
  );
  const operations = listOperations(document);
  const seen = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    for (const operation of operations) {
      const { url, init } = next(operation);
      const name = `${init.method} ${url} ${JSON.stringify(init.headers)} ${String(init.body ?? "").slice(0, 500)}`;
      const answer = await fetch(`${api.url}${url}`, init);
      const text = await readText(answer);
      seen.add(answer.status);
      // A machine that is busy may be late with what is asked of its database; a defect is another thing.
      if (answer.status >= 500 && answer.status !== 503)
        expect.unreachable(`${name}: ${answer.status} for ${String(api.refusals.at(-1))}`);
      expect([name, judge(operation, answer, text)]).toEqual([name, []]);
      expect(answer.headers.get("x-request-id")).toMatch(/./);
      if (answer.status < 400) continue;
      const { code, status, detail } = Problem.parse(JSON.parse(text));
      expect([
        name,
        status,
        Object.entries(httpErrorCatalogue).find(([known]) => known === code)?.[1].status,
      ]).toEqual([...[name, answer.status, answer.status]]);
      expect([name, detail]).toEqual([name, expect.not.stringMatching(foreignWords)]);
      if (answer.status === 429 || answer.status === 503)
        expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    }
  }
  // It has not been refused throughout, nor taken.
  expect([...seen]).toEqual(expect.arrayContaining([200, 202, 400, 404]));
}, 300_000);
