import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { announceFleet, readFleetId, withdrawFleet } from "@segue/launcher/running-fleet";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { journalOfFleet } from "../add/journal-of-fleet.ts";
import { runCli } from "../testing/run-cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "segue-find-fleet-"));
  await mkdir(join(folder, ".segue"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Something that answers HTTP: a fleet's API without tracks, or whatever else listens on somebody's port. */
async function listen(healthz: object): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url?.split("?", 1)[0] ?? "";
    asked.push(path);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(path === "/healthz" ? healthz : { tracks: [], nextCursor: null }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const fleet = (fleetId: string | null) => listen({ status: "ok", name: "segue", fleetId });
const tracks = (env: NodeJS.ProcessEnv = {}, ...args: string[]) =>
  runCli(["tracks", "--json", ...args], folder, env);
const shown = { code: 0, stdout: "[]\n", stderr: "" };

test("without a fleet there is no guess, and the error says what to do", async () => {
  const { code, stdout, stderr } = await tracks();
  expect([code, stdout]).toEqual([3, ""]);
  expect(stderr).toMatch(
    /^No fleet is named, and none runs on \/.*\.segue: start one here \(segue up\), or name one with .*\n$/,
  );
  expect((await runCli(["plan"], folder)).code).toBe(3);
});

test("SEGUE_API names the fleet, and --api goes before it", async () => {
  const [mine, other] = [await fleet("mine"), await fleet("other")];
  const env = { SEGUE_API: mine.url, SEGUE_FLEET_ID: "mine" };
  expect(await tracks(env)).toEqual(shown);
  expect(other.asked).toEqual([]);
  expect(await tracks(env, "--api", other.url)).toEqual(shown);
  expect(other.asked).toContain("/v1/tracks");
});

test("what answers there now and is another fleet, or none, is asked nothing else", async () => {
  const [other, wiki] = [await fleet("other"), await listen({ status: "ok" })];
  const moved = await tracks({ SEGUE_API: other.url, SEGUE_FLEET_ID: "mine" });
  expect(moved).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("is another fleet than the one of SEGUE_API"),
  });
  const foreign = await tracks({}, "--api", wiki.url);
  expect(foreign).toMatchObject({ code: 3, stderr: expect.stringContaining("is no Segue") });
  expect([...other.asked, ...wiki.asked]).toEqual(["/healthz", "/healthz"]);
});

test("the fleet that runs on the data folder is found, and a stale word of it is not believed", async () => {
  const dataDir = join(folder, ".segue");
  const fleetId = await readFleetId(dataDir);
  expect(await readFleetId(dataDir)).toBe(fleetId);
  const [mine, other] = [await fleet(fleetId), await fleet("other")];
  const announce = (apiUrl: string) =>
    announceFleet(dataDir, { fleetId, apiUrl, databaseUrl: "postgres://nowhere/x", cloud: {} });
  await announce(mine.url);
  expect(await tracks()).toEqual(shown);
  await announce(other.url);
  expect(await tracks()).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("another fleet than the one of .segue"),
  });
  expect(await runCli(["plan"], folder)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("another fleet"),
  });
  await withdrawFleet(dataDir);
  expect(await tracks()).toMatchObject({ code: 3, stderr: expect.stringContaining("none runs on") });
});

test("what one fleet has accepted is news to another: each has a journal of its own", async () => {
  const [mine, other, nameless] = [await fleet("mine"), await fleet("other"), await fleet(null)];
  const journal = (env: NodeJS.ProcessEnv, api?: string) => journalOfFleet({ cwd: folder, env }, api);
  const inFolder = (name: string) => join(folder, ".segue", name);
  expect(await journal({ SEGUE_API: mine.url })).toBe(inFolder("add-mine.jsonl"));
  expect(await journal({}, mine.url)).toBe(inFolder("add-mine.jsonl"));
  expect(await journal({}, other.url)).toBe(inFolder("add-other.jsonl"));
  expect(await journal({}, nameless.url)).toBe(
    inFolder(`add-${new URL(nameless.url).host.replace(":", "-")}.jsonl`),
  );
  expect(await journal({})).toBe(inFolder("add.jsonl"));
});
