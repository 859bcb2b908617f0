// The process that a launcher or a container starts, as these see it: what it is told, what it says, how it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@segue/local-cloud/free-port";
import { expect, onTestFinished, test } from "vitest";

const main = fileURLToPath(new URL("./service-main.ts", import.meta.url));
const fleetUrl = new URL("./fixtures/never-ready-fleet.ts", import.meta.url).href;

function startIdle(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, "idle", fleetUrl], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, SEGUE_LOG_LEVEL: "silent", ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, errors: text(child.stderr) };
}

test("told to stop while it starts, it ends at once: nothing is in its hands", async () => {
  const nowhere = "127.0.0.1:9";
  const { child } = startIdle({ PUBSUB_EMULATOR_HOST: nowhere, SEGUE_GCS_ENDPOINT: `http://${nowhere}` });
  const [line] = await once(child.stdout, "data");
  expect(String(line)).toBe("starting\n");
  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([0, null]);
});

test("without a queue that is named, and without credentials for Google's, it says so in one line", async () => {
  const home = await mkdtemp(join(tmpdir(), "segue-home-"));
  onTestFinished(() => rm(home, { recursive: true }));
  const { child, errors } = startIdle({ HOME: home, METADATA_SERVER_DETECTION: "none" });
  expect(await once(child, "close")).toEqual([3, null]);
  // A line of its log, for whoever collects those: nobody keeps another one.
  const [line = "", ...others] = (await errors).trimEnd().split("\n");
  expect(others).toEqual([]);
  expect(JSON.parse(line)).toEqual({
    ...{ severity: "CRITICAL", service: "idle", type: "not-started", time: expect.any(String) },
    message: expect.stringMatching(/^PUBSUB_EMULATOR_HOST is not set, .* no credentials /),
  });
});

test("a proxy that a cluster puts into every pod is followed by none of its clients, and it says so", async () => {
  let heard = 0;
  const proxy = createServer((socket) => {
    heard += 1;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const port = await findFreePort();
  const names = ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy", "grpc_proxy"];
  const { child, errors } = startIdle({
    ...Object.fromEntries(names.map((name) => [name, url])),
    NO_PROXY: "localhost",
    SEGUE_LOG_LEVEL: "info",
    SEGUE_HEALTH_PORT: String(port),
    // Nobody is there: what matters is whom it asks.
    PUBSUB_EMULATOR_HOST: "queue.invalid:9",
    SEGUE_GCS_ENDPOINT: "http://storage.invalid:9",
  });
  // Both were asked for, again and again, and did not answer.
  const reasons = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    const { reasons = [] } = ((await answer?.json()) ?? {}) as { reasons?: { what: string }[] };
    return reasons.map(({ what }) => what);
  };
  await expect.poll(reasons, { timeout: 500_000 }).toEqual(expect.arrayContaining(["queue", "storage"]));
  child.kill("SIGTERM");
  await once(child, "close");
  expect(heard).toBe(0);
  const lines = (await errors).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({
      severity: "WARNING",
      message: expect.stringContaining("a proxy is not followed"),
      variables: [...names, "NO_PROXY"].toSorted(),
    }),
  );
}, 600_000);
