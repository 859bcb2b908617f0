import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readServiceStopMs } from "./config.ts";
import { openDataFolder } from "./data-folder.ts";
import { startSlotServer } from "./slot-server.ts";
import { createSupervisor, type ProcessEvent, type SupervisorOptions } from "./supervisor.ts";

const script = (code: string) => ["--input-type=module", "--eval", code];
const ready = `console.log('{"ready":"x"}');`;
const stays = "setInterval(() => {}, 1000);";
/** Ends by itself in a while, with 7, when it is told to. */
const slow = `process.on("SIGTERM", () => setTimeout(() => process.exit(7), 700)); ${stays} ${ready}`;
const deaf = `process.on("SIGTERM", () => {}); ${stays} ${ready}`;

async function supervise(options: Omit<SupervisorOptions, "onProcess">) {
  const dir = await mkdtemp(join(tmpdir(), "segue-supervisor-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const events: ProcessEvent[] = [];
  const supervisor = createSupervisor(
    await openDataFolder(join(dir, "data")),
    await startSlotServer(join(dir, "slots.sock"), 1),
    { ...options, onProcess: (event) => events.push(event) },
  );
  const start = (name: string, code: string) =>
    supervisor.startAll([{ name, service: name, nodeFlags: [], args: script(code), env: {} }], "service");
  return { supervisor, start, events };
}

test("a service has its time to stop, and is killed after it", async () => {
  for (const [code, serviceStopMs, end] of [
    [slow, 60_000, { code: 7, signal: null }],
    [deaf, 300, { code: null, signal: "SIGKILL" }],
  ] as const) {
    const { supervisor, start, events } = await supervise({ serviceStopMs });
    await start("one", code);
    await supervisor.stop();
    expect(events.at(-1)).toMatchObject({ type: "ended", ...end });
  }
});

test("the time to stop is the drain's and some more, of the variable that services read", () => {
  expect(readServiceStopMs({ SEGUE_DRAIN_MS: "60000" })).toBe(63_000);
  expect(() => readServiceStopMs({ SEGUE_DRAIN_MS: "soon" })).toThrow(/SEGUE_DRAIN_MS/);
});

test("what starts is not waited for once the start was called off, and nothing more is started", async () => {
  const calledOff = new AbortController();
  const { supervisor, start, events } = await supervise({ serviceStopMs: 5_000, signal: calledOff.signal });
  const starting = start("never-ready", stays);
  calledOff.abort(new Error("called off"));
  await expect(starting).rejects.toThrow("called off");
  await supervisor.stop();
  await expect(start("another", stays)).rejects.toThrow("called off");
  expect(events.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "never-ready started",
    "never-ready ended",
  ]);
});
