// Tracks that sound alike, and playlists, in a real Chromium over a real fleet that has a step which gives vectors.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApiClient, whenEnded } from "@segue/client";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { findChromium } from "../support/find-chromium.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { findBarriers, type OpenedPage, openPage, startBrowser, takePicture } from "./browser.ts";

const found = findChromium();
if ("missing" in found) console.warn(`SKIPPED: playlists in a browser: ${found.missing}`);
const fleetUrl = new URL("./fixtures/with-timbre.config.ts", import.meta.url).href;

let folder: string;
let running: FleetUnderTest;
let browser: Browser;
let opened: OpenedPage;
const ids: string[] = [];

describe.skipIf("missing" in found)("in a browser", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "segue-playlists-"));
    running = await startFleetUnderTest({ fleetUrl });
    await using api = createApiClient(running.fleet.apiUrl);
    for (const seed of [3, 4, 5]) {
      const { path } = await makeMaster({ seed, durationSec: 20, format: "flac", dir: folder });
      const metadata = { label: "Blue Note" };
      ids.push(
        (await api.postUpload({ body: await readFile(path), fileName: `song ${seed}.flac`, metadata })).id,
      );
    }
    for (const id of ids) await whenEnded(api, id);
    browser = await startBrowser("program" in found ? found.program : "");
    opened = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await running?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** @returns its lines. */
  async function saveM3u8(): Promise<string[]> {
    const waiting = opened.page.waitForEvent("download");
    await opened.page.getByRole("button", { name: "Save as M3U8" }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toBe("playlist.m3u8");
    return (await readFile(await download.path(), "utf8")).trimEnd().split("\n");
  }

  test("a track has tracks that sound like it, and a playlist is made from there and saved", async () => {
    const { page } = opened;
    await using api = createApiClient(running.fleet.apiUrl);
    // A second or two behind what happens.
    const near = () => api.listSimilarTracks(ids[0] ?? "").catch(() => undefined);
    await expect.poll(async () => (await near())?.tracks.length, { timeout: 60_000 }).toBe(2);
    await page.goto(`${running.fleet.apiUrl}/#/tracks/${ids[0]}`);
    const similar = page.getByRole("region", { name: "Similar tracks" });
    await expect.poll(() => similar.getByRole("link").count()).toBe(2);
    const panel = page.getByRole("region", { name: "A playlist from here" });
    await panel.getByLabel("Minutes").fill("1");
    await panel.getByLabel("keys go together").uncheck();
    await panel.getByLabel("BPM from, to").fill("60..200");
    await panel.getByRole("button", { name: "Make a playlist" }).click();
    await panel.getByText("3 tracks, 1:00.").waitFor();
    expect(await panel.locator("tbody tr").count()).toBe(3);
    expect(await panel.locator("tbody tr").first().textContent()).toContain("song 3.flac");
    expect(await findBarriers(page)).toEqual([]);
    await panel.getByRole("button", { name: "Save as JSPF" }).scrollIntoViewIfNeeded();
    await takePicture(page, "playlist");
    const lines = await saveM3u8();
    expect(lines[0]).toBe("#EXTM3U");
    const links = lines.filter((line) => !line.startsWith("#"));
    expect(links).toHaveLength(3);
    expect((await fetch(links[0] ?? "")).headers.get("content-type")).toBe("audio/mp4");
    await panel.getByLabel("BPM from, to").fill("fast");
    await panel.getByRole("button", { name: "Make a playlist" }).click();
    await panel.getByText(/course: expected/).waitFor();
    await similar.getByRole("link").first().click();
    await page.getByRole("heading", { level: 1, name: /song [45]\.flac/ }).waitFor();
  });

  test("a search by what was sent with tracks has a playlist of what it found", async () => {
    const { page } = opened;
    await page.goto(`${running.fleet.apiUrl}/#/search?where=metadata.label%3Dblue+note&sort=-bpm`);
    await expect
      .poll(() => page.getByRole("region", { name: "What was found" }).locator("tbody tr").count())
      .toBe(3);
    const panel = page.getByRole("region", { name: "A playlist of this search" });
    await panel.getByLabel("Minutes").fill("1");
    await panel.getByLabel("keys go together").uncheck();
    await panel.getByLabel("keys go together").press("Enter");
    await panel.getByText("3 tracks, 1:00.").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    expect((await saveM3u8()).filter((line) => line.startsWith("#EXTINF:20,song "))).toHaveLength(3);
    // Of what was refused before, the browser tells itself.
    expect(opened.errors.filter((error) => !error.includes("400"))).toEqual([]);
  });
});
