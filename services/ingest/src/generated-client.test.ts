import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import openapiTypescript, { astToString } from "openapi-typescript";
import { expect, test } from "vitest";
import { startDescribedApi } from "./fixtures/described-api.ts";

const service = dirname(dirname(fileURLToPath(import.meta.url)));
const run = promisify(execFile);

/** What an integrator would write. It compiles only if the description's types say what it relies on. */
const program = `
import createClient from "openapi-fetch";
import type { components, paths } from "./api.ts";

type Track = components["schemas"]["Track"];
const api = createClient<paths>({ baseUrl: process.argv[2] ?? "" });
const id = "01900000-0000-7000-8000-000000000001";

const { data: track, error } = await api.GET("/v1/tracks/{id}", { params: { path: { id } } });
if (!track) throw new Error(error.detail);
const { results }: Track = track;
const bitRateKbps: number | undefined = results.aac?.facts.bitRateKbps;
const bpm: number | null | undefined = results.tempo?.facts.bpm;
const failed: string[] = track.steps.flatMap((step) => step.error ? [\`\${step.step} \${step.error.code}: \${step.error.remedy}\`] : []);

const page = await api.GET("/v1/tracks", { params: { query: { limit: 1, state: "partial" } } });
const listed: string[] | undefined = page.data?.tracks.map((listedTrack) => listedTrack.id);

const posted = await api.POST("/v1/tracks", { body: { source: "gs://library/song.flac", targets: ["aac"] } });
const missing = await api.GET("/v1/tracks/{id}", { params: { path: { id: id.replace("1", "2") } } });
const code: string | undefined = missing.error?.code;

const asset = await api.GET("/v1/tracks/{id}/assets/{kind}", {
  params: { path: { id, kind: "aac" }, header: { Range: "bytes=2-4" } },
  parseAs: "text",
});
const bytes: string | undefined = asset.data;
const image = await api.GET("/v1/tracks/{id}/assets/{kind}.{rendering}", {
  params: { path: { id, kind: "waveform", rendering: "svg" } },
  parseAs: "text",
});
const imageUrl: string | undefined = results.waveform?.renderings?.svg?.url;

// @ts-expect-error There is no such state to ask for.
await api.GET("/v1/tracks", { params: { query: { state: "lost" } } });
// @ts-expect-error A job has a source.
const refused = await api.POST("/v1/jobs", { body: { request_id: "1" } });

console.log(JSON.stringify({
  bitRateKbps, bpm: bpm ?? null, failed, listed, posted: posted.data?.state, code,
  asset: [asset.response.status, bytes], image: image.data?.slice(0, 5), imageUrl: imageUrl?.includes("/assets/waveform.svg/"),
  refused: [refused.response.status, refused.error?.status],
}));
`;

test("a client that is generated from the description compiles, and works with the API", async () => {
  await using api = await startDescribedApi();
  // Beside the service's own packages, where the client finds what it imports.
  const dir = await mkdtemp(join(service, ".client-"));
  try {
    const description: unknown = await (await fetch(`${api.url}/openapi.json`)).json();
    const types = astToString(await openapiTypescript(JSON.stringify(description), { silent: true }));
    await writeFile(join(dir, "api.ts"), types);
    await writeFile(join(dir, "program.ts"), program);
    const config = { extends: "../../../tsconfig.json", include: [], files: ["program.ts"] };
    await writeFile(join(dir, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(service, "../../node_modules/.bin/tsc");
    const compiled = await run(tsc, ["--project", dir]).catch((error: { stdout: string }) => error);
    expect(compiled.stdout).toBe("");
    const { stdout } = await run(process.execPath, ["--no-warnings", join(dir, "program.ts"), api.url]);
    expect(JSON.parse(stdout)).toEqual({
      bitRateKbps: 128,
      bpm: null,
      failed: [expect.stringMatching(/^tempo retries-exhausted: /)],
      listed: ["01900000-0000-7000-8000-000000000001"],
      posted: "accepted",
      code: "not-found",
      asset: [206, "345"],
      image: "<svg ",
      imageUrl: true,
      refused: [400, 400],
    });
    // Nothing of the description is left untyped where the types matter.
    expect(types).not.toMatch(/^\s*\w+\??: unknown;/m);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
