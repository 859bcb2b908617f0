// What runs from a build does what it does from its source: threads, processes in quarantine, binaries and WebAssembly included.
import { execFileSync, fork } from "node:child_process";
import { on } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { tempo } from "@segue/bpm-key";
import { runStep } from "@segue/step/testing";
import { encodeWav } from "@segue/synth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import type { FromQuarantine, QuarantineTask } from "../../packages/runner/src/quarantine.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { readStored } from "../support/read-stored.ts";

const dir = mkdtempSync(join(tmpdir(), "segue-build-"));
const buildDir = join(dir, "build");
/** Catches a hang. */
const hangMs = 300_000;

beforeAll(() => {
  const script = fileURLToPath(new URL("../../scripts/build.ts", import.meta.url));
  execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", script, "--out", buildDir]);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("what can't be bundled is there, with the binaries of this machine", () => {
  const require = createRequire(join(buildDir, "built-service.js"));
  expect(require("@node-rs/crc32").crc32c("123456789")).toBe(0xe3069283);
  expect(require("@ffmpeg-installer/ffmpeg").path).toContain(buildDir);
  expect(require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm")).toContain(
    buildDir,
  );
  expect(require.resolve("essentia.js/dist/essentia-wasm.umd.js")).toContain(buildDir);
  expect(readdirSync(join(buildDir, "compiled")).length).toBeGreaterThan(0);
});

test("what of others is in it is listed", () => {
  const { components } = JSON.parse(readFileSync(join(buildDir, "sbom.cdx.json"), "utf8"));
  const named = components.map(({ purl }: { purl: string }) => purl.replace(/@[^@]*$/, ""));
  // Bundled, copied, and copied with what was.
  const some = [
    "pkg:npm/zod",
    "pkg:npm/%40google-cloud/pubsub",
    "pkg:npm/piscina",
    "pkg:npm/essentia.js",
    "pkg:npm/preact",
  ];
  expect(named).toEqual(expect.arrayContaining([...some, "pkg:npm/%40ffmpeg-installer/ffmpeg"]));
  expect(new Set(named).size).toBeGreaterThan(100);
  expect(named.filter((name: string) => name.includes("segue"))).toEqual([]);
});

test("an attempt in quarantine is one by the build's own process, WebAssembly in its thread included", async () => {
  const rate = 16_000;
  // A click each half a second.
  const clicks = Float32Array.from({ length: 30 * rate }, (_, n) => (n % (rate / 2) < 200 ? 0.6 : 0));
  const path = join(dir, "clicks.wav");
  writeFileSync(path, encodeWav({ channels: [clicks], sampleRateHz: rate, bitDepth: 16 }));
  const levels = { peakDb: -4.4, rmsDb: -20, silent: false };
  const facts = { sampleRateHz: rate, sampleCount: clicks.length, durationSec: 30, ...levels } as const;
  const { facts: expected } = await runStep(tempo, { mono16k: { facts, path } });
  expect(expected).toMatchObject({ bpm: 120 });

  const sizeBytes = statSync(path).size;
  const child = fork(join(buildDir, "quarantine-main.js"), [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  child.send({
    type: "run",
    fleetUrl: pathToFileURL(join(buildDir, "segue.config.js")).href,
    step: tempo.name,
    inputs: { mono16k: { kind: "mono16k", address: "a", facts, path, sizeBytes } },
    outputPaths: {},
    scratchDir: dir,
    resumed: null,
    pieces: [],
    todo: null,
  } satisfies QuarantineTask);
  const said: FromQuarantine[] = [];
  for await (const [message] of on(child, "message", { signal: AbortSignal.timeout(hangMs) })) {
    said.push(message);
    if (message.type === "result") break;
  }
  child.kill("SIGKILL");
  expect(said.map(({ type }) => type)).toContain("ready");
  expect(said.at(-1)).toMatchObject({ result: { ok: true, facts: expected } });
});

describe("a fleet", () => {
  let running: FleetUnderTest;
  beforeAll(async () => {
    running = await startFleetUnderTest({ buildDir });
  });
  afterAll(() => running?.[Symbol.asyncDispose]());

  test.skipIf(process.platform !== "linux")(
    "every service runs from the build, and says so in its log",
    () => {
      const services = running.fleet.processes().filter(({ role }) => role === "service");
      expect(services.length).toBeGreaterThan(5);
      for (const { pid, name } of services) {
        const command = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
        expect(command).toContain(join(buildDir, "built-service.js"));
        const log = readFileSync(join(running.dataDir, "logs", `${name}.log`), "utf8")
          .trim()
          .split("\n");
        expect(log.map((line) => JSON.parse(line).message)).toContain("service started");
      }
    },
  );

  test("the dashboard is served from the build, and is this source's", async () => {
    const html = await (await running.client.get("/")).text();
    const [script = ""] = /assets\/main-\w+\.js/.exec(html) ?? [];
    const answer = await running.client.get(`/${script}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      200,
      "text/javascript; charset=utf-8",
    ]);
    // One page, without files of earlier ones.
    expect(readdirSync(join(buildDir, "files/packages/dashboard/dist/assets"))).toHaveLength(3);
  });

  test("a track is made of what a fleet from the source makes of it, to the bit", async () => {
    const { path } = await makeMaster({ seed: 41, durationSec: 12, format: "mp3", dir });
    const fromSource = await startFleetUnderTest();
    const results = [];
    try {
      for (const fleet of [running, fromSource]) {
        const { id } = await fleet.client.post(readFileSync(path));
        const track = await fleet.client.ended(id);
        expect(track.state).toBe("done");
        results.push(await readStored(fleet, track));
      }
    } finally {
      await fromSource[Symbol.asyncDispose]();
    }
    expect(results[0]).toEqual(results[1]);
  });
});
