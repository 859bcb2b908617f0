import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LogReader } from "@segue/launcher/logs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../testing/run-cli.ts";

let folder: string;
let logs: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-logs-"));
  logs = join(folder, ".segue", "logs");
  await mkdir(logs, { recursive: true });
  const line = (second: number, severity: string, message: string, more = {}) =>
    `${JSON.stringify({ severity, time: `2026-11-01T10:00:0${second}.000Z`, service: "x", message, ...more })}\n`;
  const error = { code: "ENOSPC", message: "no space" };
  await writeFile(
    join(logs, "decode.log"),
    line(1, "INFO", "one", { track: "t1" }) + line(3, "ERROR", "three", { error }),
  );
  await writeFile(
    join(logs, "encode.log"),
    `${line(2, "WARNING", "two\u001b[2J")}    at stack (file.ts:1)\n`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const show = async (...args: string[]) =>
  (await runCli(["logs", ...args], folder)).stdout.split("\n").slice(0, -1);

test("lines of all processes are in the order of time, made safe to print", async () => {
  expect(await show()).toEqual([
    "10:00:01.000  info   decode  one  track=t1",
    "10:00:02.000  warn   encode  two\ufffd[2J",
    "encode      at stack (file.ts:1)",
    "10:00:03.000  error  decode  three  error=ENOSPC: no space",
  ]);
});

test("only some processes, the last lines, the grave ones, those of a track", async () => {
  expect(await show("decode", "--lines", "1")).toEqual([expect.stringContaining("three")]);
  expect(await show("decode", "--level", "warn")).toEqual([expect.stringContaining("three")]);
  expect(await show("--track", "t1")).toEqual([expect.stringContaining("one")]);
  expect(JSON.parse((await show("decode", "--json")).at(-1) ?? "")).toMatchObject({ message: "three" });
});

test("what is not there is told with what is", async () => {
  const unknown = await runCli(["logs", "tempi"], folder);
  expect(unknown).toMatchObject({
    code: 1,
    stderr: 'segue logs: no log of "tempi"; there are: decode, encode\n',
  });
  expect((await runCli(["logs", "--data", "elsewhere"], folder)).stderr).toMatch(
    /^segue logs: no logs in \/.*elsewhere/,
  );
});

test("what is added is read once, in whole lines, also after a log was begun anew", async () => {
  const file = join(logs, "grows.log");
  await writeFile(file, "a\nb\nhal");
  const reader = new LogReader(logs, "grows");
  const texts = async () => (await reader.read()).map(({ text }) => text);
  expect(await texts()).toEqual(["a", "b"]);
  await appendFile(file, "f\n");
  expect(await texts()).toEqual(["half"]);
  await writeFile(file, "z\n");
  expect(await texts()).toEqual(["z"]);
});
