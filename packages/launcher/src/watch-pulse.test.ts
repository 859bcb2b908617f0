import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@segue/local-cloud/free-port";
import { postgresUrl } from "@segue/local-cloud/postgres-url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataFolder } from "./data-folder.ts";
import type { ProcessSpec } from "./managed-process.ts";
import { cloudPings } from "./ping-cloud.ts";
import { startSlotServer } from "./slot-server.ts";
import { createSupervisor, type ProcessEvent } from "./supervisor.ts";
import { watchPulse } from "./watch-pulse.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "segue-pulse-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const partFile = (name: string) =>
  fileURLToPath(new URL(`./${name}-main.ts`, import.meta.resolve("@segue/local-cloud")));

const parts = [
  { name: "pubsub", variable: "SEGUE_PUBSUB_PORT", address: (port: number) => `127.0.0.1:${port}` },
  { name: "gcs", variable: "SEGUE_GCS_PORT", address: (port: number) => `http://127.0.0.1:${port}` },
  {
    name: "postgres",
    variable: "SEGUE_POSTGRES_PORT",
    address: (port: number) => postgresUrl("127.0.0.1", port, "sesame"),
  },
] as const;

test("one that turns every ping away at once is given the same time as one that is silent", async () => {
  const stop = new AbortController();
  let pings = 0;
  const ping = async () => {
    pings += 1;
    // As a server does that has all the connections that it takes, or a machine without a port to spare.
    if (pings <= 20) throw new Error("ECONNRESET");
    stop.abort();
  };
  const watched = watchPulse(ping, { everyMs: 1, againMs: 1, answerMs: 60_000, misses: 2 }, stop.signal);
  await expect(watched).rejects.toThrow(/abort/i);
  expect(pings).toBe(21);
});

test.skipIf(process.platform === "win32").each(parts)(
  "$name, standing still with its port open, is ended and started again",
  async ({ name, variable, address }) => {
    const folder = await openDataFolder(join(dir, name));
    const slots = await startSlotServer(join(dir, `${name}.sock`), 1);
    const events: ProcessEvent[] = [];
    const supervisor = createSupervisor(folder, slots, {
      serviceStopMs: 15_000,
      // Three seconds of patience: one that runs answers within it, be the machine as busy as it may be, or is started once more.
      pulse: { everyMs: 100, againMs: 100, answerMs: 1_500, misses: 2 },
      onProcess: (event) => events.push(event),
    });
    try {
      const port = await findFreePort();
      const ping = cloudPings[name](address(port));
      const spec: ProcessSpec = {
        name,
        service: name,
        nodeFlags: [],
        args: [partFile(name)],
        env: { SEGUE_DATA_DIR: folder.path, [variable]: String(port), SEGUE_POSTGRES_PASSWORD: "sesame" },
        ping,
      };
      await supervisor.startAll([spec], "cloud");
      const [first] = supervisor.processes();
      if (!first) throw new Error("it was just started");
      process.kill(first.pid, "SIGSTOP");
      await expect
        .poll(() => events.find((event) => event.type === "ready" && event.pid !== first.pid))
        .toBeTruthy();
      expect(events).toContainEqual(
        expect.objectContaining({
          ...{ pid: first.pid, type: "ended", signal: "SIGKILL" },
          silence: expect.stringMatching(/did not answer any more \(.+\); it does not say where/),
        }),
      );
      await expect
        .poll(() => ping(AbortSignal.timeout(60_000)).then(() => "answers", String))
        .toBe("answers");
    } finally {
      await supervisor.stop();
    }
  },
);
