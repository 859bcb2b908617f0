import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";
import type { Diagnosis } from "./examine.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-doctor-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function doctor(env: NodeJS.ProcessEnv, ...args: string[]) {
  const { code, stdout } = await runCli(["doctor", "--json", ...args], dir, env);
  const all: Diagnosis[] = JSON.parse(stdout);
  return { code, of: (what: string) => all.find((diagnosis) => diagnosis.what === what) };
}

test("a machine that runs the tests has what a fleet needs: every step is set up", async () => {
  const { code, of } = await doctor({});
  expect(code).toBe(0);
  expect(of("Node")?.verdict).toBe("ok");
  expect(of("step tags")).toMatchObject({ verdict: "ok", found: expect.stringContaining("model") });
  expect(of("Postgres")?.found).toContain("embedded");
  expect(of("ffmpeg")?.verdict).not.toBe("problem");
});

test("what the environment names and does not answer is a problem, with what to do", async () => {
  const env = {
    DATABASE_URL: "postgres://postgres@127.0.0.1:1/none",
    PUBSUB_EMULATOR_HOST: "127.0.0.1:1",
    SEGUE_GCS_ENDPOINT: "http://127.0.0.1:1",
  };
  const { code, of } = await doctor(env);
  expect(code).toBe(1);
  expect(of("Postgres")).toMatchObject({
    verdict: "problem",
    found: expect.stringContaining("ECONNREFUSED"),
  });
  expect(of("Pub/Sub")).toMatchObject({
    verdict: "problem",
    remedy: expect.stringContaining("unset PUBSUB_EMULATOR_HOST"),
  });
  expect(of("Cloud Storage")?.verdict).toBe("problem");
});

test("a port in use is a warning; a step that can't be set up, and a folder that can't be written, are problems", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const fleet = join(dir, "broken.config.ts");
  const project = new URL("../../../../", import.meta.url).href;
  await writeFile(
    fleet,
    `import { defineFleet, defineStep } from "${project}packages/step/src/index.ts";
     import { Master, Tempo } from "${project}packages/contracts/src/index.ts";
     const broken = defineStep({ name: "broken", version: 1, consumes: { master: Master }, produces: Tempo,
       budget: { timeMs: 1000, memoryMiB: 64 }, setup: async () => { throw new Error("no weights"); }, run: async () => null });
     export default defineFleet({ broken: [broken] });`,
  );
  await writeFile(join(dir, "file"), "");
  const { code, of } = await doctor({}, "--port", String(port), "--fleet", fleet, "--data", "file");
  server.close();
  expect(code).toBe(1);
  expect(of("API port")).toMatchObject({ verdict: "warning", found: `${port} is in use` });
  expect(of("step broken")).toMatchObject({ verdict: "problem", found: "no weights" });
  expect(of("disk")?.verdict).toBe("problem");
});

test("models are listed with their steps, and loaded", async () => {
  const { code, stdout } = await runCli(["models", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([
    { steps: ["tags"], digest: expect.stringMatching(/^[0-9a-f]{64}$/), problem: null },
  ]);
  expect((await runCli(["models"])).stdout).toMatch(/tags +loads$/m);
});
