import { ToolsInUse } from "@segue/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalApi, startLocalApi } from "../fixtures/local-api.ts";

let api: LocalApi;
beforeAll(async () => {
  api = await startLocalApi();
});
afterAll(() => api[Symbol.asyncDispose]());

test("the builds of the last day are told, by step and version; older ones are not", async () => {
  await api.pool.query(
    `insert into tool_families (step, version, tool, family, seen_at) values
       ('decode', 4, 'ffmpeg', '9.0', now() - interval '1 minute'),
       ('decode', 4, 'ffmpeg', '5.1', now() - interval '23 hours'),
       ('encode', 3, 'ffmpeg', '5.1', now()),
       ('encode', 3, 'ffmpeg', '7.1', now() - interval '25 hours')`,
  );
  const { tools } = ToolsInUse.parse(await (await fetch(`${api.url}/v1/tools`)).json());
  expect(
    tools.map(({ families, ...use }) => ({ ...use, families: families.map(({ family }) => family) })),
  ).toEqual([
    { step: "decode", version: 4, tool: "ffmpeg", families: ["5.1", "9.0"] },
    { step: "encode", version: 3, tool: "ffmpeg", families: ["5.1"] },
  ]);
});
