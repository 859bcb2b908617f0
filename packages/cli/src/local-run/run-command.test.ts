import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { demoTrack } from "@segue/synth";
import { WebSocket } from "undici";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-run-test-"));
  await writeFile(join(folder, "demo.wav"), demoTrack().wav);
  await writeFile(join(folder, "words.mp3"), "these are words");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("it runs what the step needs, prints the facts as JSON, and keeps them where it is told", async () => {
  const { code, stdout, stderr } = await runCli(
    ["run", "tempo", "demo.wav", "--json", "-o", "t.json"],
    folder,
  );
  expect([code, stderr]).toEqual([0, expect.stringContaining("downsample made mono16k in ")]);
  const printed = JSON.parse(stdout);
  expect(printed).toMatchObject({ step: "tempo", kinds: ["tempo"], output: join(folder, "t.json") });
  expect(printed.facts.bpm).toBeCloseTo(116, 0);
  expect(printed.ancestors.map(({ step }: { step: string }) => step)).toEqual(["decode", "downsample"]);
  expect(JSON.parse(await readFile(join(folder, "t.json"), "utf8"))).toEqual(printed.facts);
});

test("a payload is kept where it is told, and only what the step needs runs", async () => {
  const { code, stdout, stderr } = await runCli(["run", "decode", "demo.wav", "--output", "d.wav"], folder);
  expect(code).toBe(0);
  expect(stdout).toContain("sampleRateHz: 44100");
  expect(stderr).not.toContain("downsample");
  expect((await readFile(join(folder, "d.wav"))).subarray(0, 4).toString()).toBe("RIFF");
});

test("a bad file: exit code 1, the code of the catalogue, and what to do", async () => {
  const { code, stderr } = await runCli(["run", "tempo", "words.mp3"], folder);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/not-audio: [\s\S]*Send an audio file/)]);
  const { stdout } = await runCli(["run", "tempo", "words.mp3", "--json"], folder);
  expect(JSON.parse(stdout)).toMatchObject({
    step: "tempo",
    error: { code: "not-audio", family: "permanent" },
  });
});

test("a file's name says nothing of its bytes, as in a fleet, where the master has none", async () => {
  const noise = Buffer.from(Uint16Array.from({ length: 100_000 }, (_, i) => (i * i * 40_503) >>> 7).buffer);
  const codes = await Promise.all(
    ["noise.flac", "noise.mp3", "noise"].map(async (name) => {
      await writeFile(join(folder, name), noise);
      return JSON.parse((await runCli(["run", "decode", name, "--json"], folder)).stdout).error.code;
    }),
  );
  expect(codes).toEqual(["not-audio", "not-audio", "not-audio"]);
});

test("exit code 2 for a step or a file that does not exist, with what there is", async () => {
  const noStep = await runCli(["run", "tempi", "demo.wav"], folder);
  expect(noStep).toMatchObject({ code: 2, stderr: expect.stringContaining("decode, downsample, tempo") });
  const noFile = await runCli(["run", "tempo", "gone.wav"], folder);
  expect(noFile).toMatchObject({ code: 2, stderr: expect.stringContaining("gone.wav") });
  expect(await runCli(["run", "tempo", folder], folder)).toMatchObject({ code: 2 });
});

test("with --inspect a debugger can attach, and stops before the step runs", async () => {
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const args = [main, "run", "downsample", join(folder, "demo.wav"), "--inspect", "0", "--json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  const closed = once(child, "close");
  const { socket, paused } = await attach(child.stderr);
  expect((await paused).functionName).toBe("pauseHere");
  expect(stdout).toBe("");
  socket.send(JSON.stringify({ id: 3, method: "Debugger.resume" }));
  // Node does not end before its debugger has left.
  socket.close();
  expect((await closed)[0]).toBe(0);
  expect(JSON.parse(stdout).facts).toMatchObject({ sampleRateHz: 16_000 });
});

/** Attaches as a debugger does, to the address that Node prints. */
async function attach(stderr: NodeJS.ReadableStream) {
  for await (const line of createInterface({ input: stderr })) {
    const url = /ws:\/\/\S+/.exec(line)?.[0];
    if (!url) continue;
    const socket = new WebSocket(url);
    await once(socket, "open");
    const paused = new Promise<{ functionName: string }>((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        const { method, params } = JSON.parse(String(data));
        if (method === "Debugger.paused") resolve(params.callFrames[0]);
      });
    });
    socket.send(JSON.stringify({ id: 1, method: "Debugger.enable" }));
    socket.send(JSON.stringify({ id: 2, method: "Runtime.runIfWaitingForDebugger" }));
    stderr.resume();
    return { socket, paused };
  }
  throw new Error("it ended before a debugger could attach");
}
