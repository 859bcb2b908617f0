// The whole story in a real Chromium, over a real fleet that asks for keys and has a step that the dashboard was not made with.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeMaster } from "../../bench/chain/make-master.ts";
import { step, summary } from "../../packages/dashboard/page/fixtures/summaries.ts";
import { findChromium } from "../support/find-chromium.ts";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import {
  dropFiles,
  findBarriers,
  framesOf,
  type OpenedPage,
  openPage,
  startBrowser,
  takePicture,
} from "./browser.ts";

const found = findChromium();
if ("missing" in found) console.warn(`SKIPPED: the dashboard in a browser: ${found.missing}`);

const adminKey = "an-admin-key-of-enough-characters-0123456789";
const fleetUrl = new URL("../chain/fixtures/plugged-in.config.ts", import.meta.url).href;

let folder: string;
let running: FleetUnderTest;
let browser: Browser;
let opened: OpenedPage;
let page: Page;

const row = (name: string) => page.locator("tr", { hasText: name });
const place = (hash: string) => `${running.fleet.apiUrl}/${hash}`;

/** On its own page, by its name in the table. */
async function openTrack(name: string): Promise<void> {
  await page.goto(place("#/tracks"));
  await row(name).getByRole("link").click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Colours on a canvas: one that is blank has one. */
function coloursOf(label: string): Promise<number> {
  return page.getByRole("slider", { name: label }).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    return new Set(new Uint32Array(new Uint8ClampedArray(data).buffer)).size;
  });
}

const positionOf = async () =>
  Number(await page.getByRole("slider", { name: "The whole track" }).getAttribute("aria-valuenow"));

describe.skipIf("missing" in found)("in a browser", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "segue-dashboard-"));
    const env = { SEGUE_API_KEYS: "required", SEGUE_ADMIN_KEY: adminKey };
    running = await startFleetUnderTest({ fleetUrl, env });
    browser = await startBrowser("program" in found ? found.program : "");
    opened = await openPage(browser);
    ({ page } = opened);
  });
  afterAll(async () => {
    await browser?.close();
    await running?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("it asks for a key, says so of one that is not taken, and opens with one that is", async () => {
    await page.goto(place(""));
    const field = page.getByLabel("Key");
    await field.fill("sk_not_a_key");
    await field.press("Enter");
    await page.getByText("The API does not take this key").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await field.fill(adminKey);
    await field.press("Enter");
    await page.getByRole("heading", { name: "Drop music here" }).waitFor();
    await page.getByText("live", { exact: true }).waitFor();
    expect(page.url()).not.toContain(adminKey);
    // That it was refused the browser writes down itself.
    expect(opened.errors.every((error) => error.includes("401"))).toBe(true);
  });

  test("files that are dropped go through the chain, watched step by step", async () => {
    const dir = folder;
    const song = await makeMaster({ seed: 3, durationSec: 45, format: "flac", dir });
    const other = await makeMaster({ seed: 4, durationSec: 30, format: "mp3", dir });
    const broken = join(folder, "broken.mp3");
    await writeFile(broken, "no audio at all");
    await dropFiles(page, [
      { path: song.path, name: "one song.flac" },
      { path: other.path, name: "another.mp3" },
      { path: broken, name: "broken.mp3" },
    ]);
    await page.getByText("Sent 3 of 3").waitFor();
    for (const name of ["one song.flac", "another.mp3"])
      await row(name).getByText("done", { exact: true }).waitFor();
    await row("broken.mp3").getByText("decode: not-audio").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, "tracks");
  });

  test("the state filter keeps to its state, and arrows lead from row to row", async () => {
    await page.getByText("failed", { exact: true }).first().click();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
    await page.getByText("all", { exact: true }).click();
    await expect.poll(() => page.locator("tbody tr").count()).toBe(3);
    await page.locator("tbody a").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-row"));
    await expect.poll(focused).toBe("2");
    const name = await page.evaluate(() => document.activeElement?.querySelector(".name")?.textContent);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: name ?? "" }).waitFor();
  });

  test("a track shows what is heard of it, by eye and in words", async () => {
    await openTrack("one song.flac");
    const close = page.getByRole("slider", { name: "Around this place, with beats" });
    await close.waitFor();
    expect(Number(await close.getAttribute("data-beats"))).toBeGreaterThan(40);
    await expect.poll(() => coloursOf("Around this place, with beats")).toBeGreaterThan(3);
    await expect.poll(() => coloursOf("The whole track")).toBeGreaterThan(2);
    await page
      .getByRole("region", { name: "Tempo" })
      .getByText(/^\d+\.\d BPM$/)
      .waitFor();
    await page.getByRole("img", { name: /on the circle of fifths/ }).waitFor();
    for (const name of ["Loudness", "Tags", "Steps", "Files"])
      await page.getByRole("region", { name }).waitFor();
    await expect.poll(() => page.locator(".waterfall-row").count()).toBeGreaterThanOrEqual(8);
    // Of a kind that it was not made with.
    const results = page.getByRole("region", { name: "Results" });
    await results.getByText("zero crossings").waitFor();
    await results.getByText(/^\d+ \/s$/).waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  test("it plays, and keys lead through it", async () => {
    await page.locator("body").press("Space");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await expect.poll(positionOf).toBeGreaterThanOrEqual(1);
    await takePicture(page, "track");
    await page.locator("body").press("Space");
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    const before = await positionOf();
    await page.locator("body").press("ArrowRight");
    await expect.poll(positionOf).toBe(before + 5);
  });

  test("files are saved with the key that they need", async () => {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save aac" }).click();
    expect((await download).suggestedFilename()).toBe("one song.m4a");
  });

  test("a step is computed anew, and what failed is replayed from its own story", async () => {
    await page.getByLabel("Step to compute anew").selectOption("tempo");
    await page.getByRole("button", { name: "Compute tempo anew" }).click();
    await page.getByText("Asked for tempo anew.").waitFor();
    await page.locator(".waterfall h3", { hasText: "replay" }).waitFor();
    await page.goto(place("#/failed"));
    const group = page.getByRole("region", { name: "decode: not-audio" });
    await group.getByText("The whole story").click();
    const attempts = group.locator(".story li");
    await expect.poll(() => attempts.count()).toBe(1);
    await group.getByText(/segue -- failed reproduce/).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, "failed");
    await group.getByRole("button", { name: "Replay broken.mp3" }).click();
    await group.getByText("Asked for again.").waitFor();
    const [id = ""] = /[0-9a-f-]{36}/.exec((await group.locator(".story pre").textContent()) ?? "") ?? [];
    await page.goto(place(`#/tracks/${id}`));
    await expect.poll(() => page.locator(".waterfall", { hasText: "replay" }).count()).toBe(1);
  });

  test("tracks are found by how they sound, and a link says what was asked for", async () => {
    await page.goto(place("#/search"));
    // A second or two behind what happens.
    await expect
      .poll(async () => {
        await page.getByRole("button", { name: "Search" }).click();
        await page.reload();
        return page.locator("table.found tbody tr").count();
      })
      .toBe(3);
    await page.getByLabel("Words").fill("one so");
    await page.getByLabel("Tempo").fill("30..300");
    await page.getByLabel("half and double too").check();
    await page.getByRole("button", { name: "Search" }).click();
    await expect.poll(() => page.locator("table.found tbody tr").count()).toBe(1);
    expect(new URL(page.url()).hash).toBe("#/search?words=one+so&bpm=30..300&octaves=true");
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, "search");
    await page.getByLabel("Tempo").fill("fast");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText(/bpm: expected/).waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "one song.flac" }).click();
    await page.getByRole("heading", { level: 1, name: "one song.flac" }).waitFor();
  });

  test("the API tells of itself at /docs: each operation, and what it speaks of", async () => {
    await page.goto(place("docs"));
    const submit = page.locator("details", { hasText: "Submit a track" }).first();
    await submit.locator("summary").click();
    await submit.getByText("TrackReceipt").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, "api");
  });

  test("the fleet is a graph with numbers, and a backfill is started and seen through", async () => {
    await page.goto(place("#/fleet"));
    await page.getByRole("img", { name: /^The chain: decode/ }).waitFor();
    await expect.poll(() => page.locator(".step").count()).toBeGreaterThanOrEqual(9);
    const tempo = page.getByRole("row", { name: /^tempo/ });
    await expect.poll(() => tempo.textContent()).toMatch(/\d+ ms|\d s/);
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, "fleet");
    await page.goto(place("#/backfills"));
    await page.getByText("Start a backfill").click();
    await page.getByLabel("tempo").check();
    await page.getByLabel("compute what was chosen anew").check();
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("heading", { name: "tempo" }).waitFor();
    await page.locator(".backfill").getByText("done", { exact: true }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await takePicture(page, "backfills");
  });

  test("in the dark, and on a phone, nothing is out of reach", async () => {
    const session = await page.evaluate(() => sessionStorage.getItem("segue-key"));
    const phone = await openPage(browser, { colorScheme: "dark", size: { width: 390, height: 800 } });
    await phone.page.addInitScript((key) => sessionStorage.setItem("segue-key", key ?? ""), session);
    for (const hash of ["#/tracks", "#/fleet", "#/failed", "#/backfills"]) {
      await phone.page.goto(place(hash));
      await phone.page.getByRole("heading", { level: 1 }).waitFor();
      const wide = () => phone.page.evaluate(() => document.documentElement.scrollWidth);
      await expect.poll(async () => [hash, await wide()]).toEqual([hash, 390]);
      expect([hash, await findBarriers(phone.page)]).toEqual([hash, []]);
    }
    await phone.page.goto(place("#/tracks"));
    await phone.page.getByRole("link", { name: /one song/ }).click();
    await phone.page.getByRole("slider", { name: "The whole track" }).waitFor();
    expect(await findBarriers(phone.page)).toEqual([]);
    await takePicture(phone.page, "phone");
    expect(phone.errors).toEqual([]);
    await phone.page.context().close();
  });

  test("a hundred thousand tracks are read page by page, and only those that are seen are drawn", async () => {
    const crowded = await openPage(browser);
    await crowded.page.addInitScript((key) => sessionStorage.setItem("segue-key", key), adminKey);
    const [count, pageSize] = [100_000, 200];
    const steps = ["decode", "tempo", "key", "encode"].map((name) => step(name));
    await crowded.page.route("**/v1/tracks?limit=*", (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
      const tracks = Array.from({ length: pageSize }, (_, index) => summary(count - from - index, { steps }));
      const nextCursor = from + pageSize < count ? String(from + pageSize) : null;
      return route.fulfill({ json: { tracks, nextCursor } });
    });
    await crowded.page.goto(place("#/tracks"));
    const shown = crowded.page.locator(".toolbar").getByRole("status");
    await crowded.page.locator("tbody a").first().focus();
    while ((await shown.textContent()) !== "100,000 shown") await crowded.page.keyboard.press("End");
    await crowded.page.keyboard.press("End");
    const focused = () => crowded.page.evaluate(() => document.activeElement?.getAttribute("data-row"));
    await expect.poll(focused).toBe("99999");
    expect(await crowded.page.locator("tbody tr").count()).toBeLessThan(60);
    console.info(`scrolling 100,000 tracks: ${await framesOf(crowded.page)}`);
    await crowded.page.context().close();
  });

  test("names of others are text, whatever they say", async () => {
    const odd = join(folder, "odd");
    await writeFile(odd, "no audio either");
    const name = '<img src="x" onerror="document.title = 1">.mp3';
    await page.goto(place("#/tracks"));
    await dropFiles(page, [{ path: odd, name }]);
    await row(name).getByText("decode: not-audio").waitFor();
    await row(name).getByRole("link").click();
    await page.getByRole("heading", { level: 1, name }).waitFor();
    expect(await page.locator("img").count()).toBe(0);
  });

  test("a key is forgotten when that is asked for", async () => {
    await page.getByRole("button", { name: "Forget key" }).click();
    await page.getByText("This fleet asks for a key.").waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test("all of it stayed on this server, and nothing went wrong in it", () => {
    expect([...opened.hosts]).toEqual([new URL(running.fleet.apiUrl).host]);
    expect(opened.errors.filter((error) => !/ 40[01] |bpm=fast/.test(error))).toEqual([]);
  });
});
