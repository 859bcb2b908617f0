// A person corrects what a machine has heard, finds the track by it, takes it back, and deletes the track, in a real Chromium over a real fleet, by the keyboard.
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
if ("missing" in found) console.warn(`SKIPPED: corrections in a browser: ${found.missing}`);

let folder: string;
let running: FleetUnderTest;
let browser: Browser;
let opened: OpenedPage;
let id: string;

describe.skipIf("missing" in found)("in a browser", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "segue-corrections-"));
    running = await startFleetUnderTest();
    await using api = createApiClient(running.fleet.apiUrl);
    const { path } = await makeMaster({ seed: 3, durationSec: 30, format: "flac", dir: folder });
    ({ id } = await api.postUpload({ body: await readFile(path), fileName: "song.flac" }));
    await whenEnded(api, id);
    browser = await startBrowser("program" in found ? found.program : "");
    opened = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await running?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  const place = (hash: string) => `${running.fleet.apiUrl}/${hash}`;

  test("a tempo and a key that are corrected show in their cards, beside what the machine says, and are found", async () => {
    const { page } = opened;
    await page.goto(place(`#/tracks/${id}`));
    const form = page.getByRole("form", { name: "Correct tempo" });
    const field = form.getByLabel("tempo");
    await field.fill("fast");
    await field.press("Enter");
    await form.getByText(/expected a number, or none, got "fast"/).waitFor();
    await field.fill("77.5");
    await field.press("Enter");
    await form.getByText("It is said.").waitFor();
    await form.getByText(/^The machine says \d+.* Said by off, /).waitFor();
    const tempo = page.getByRole("region", { name: "Tempo", exact: true });
    await tempo.getByText("77.5 BPM").waitFor();
    await tempo.getByText("corrected").waitFor();
    const key = page.getByRole("form", { name: "Correct key" });
    await key.getByLabel("key").fill("F#m");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await key.getByText("It is said.").waitFor();
    await page.getByRole("img", { name: "F# minor on the circle of fifths" }).waitFor();
    await page.getByText("Camelot 11A, Open Key 4m").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await form.scrollIntoViewIfNeeded();
    await takePicture(page, "correct");

    await using api = createApiClient(running.fleet.apiUrl);
    const search = { bpm: "155", octaves: "true", key: "10A", harmonic: "true" } as const;
    await expect
      .poll(async () => (await api.searchTracks(search)).tracks.map((track) => track.id), { timeout: 60_000 })
      .toEqual([id]);
    await page.goto(place("#/search?bpm=77..78"));
    const row = page.getByRole("region", { name: "What was found" }).locator("tbody tr");
    await expect.poll(() => row.count()).toBe(1);
    expect(await row.first().textContent()).toContain("77.5");
  });

  test("what is taken back is the machine's again", async () => {
    const { page } = opened;
    await page.goto(place(`#/tracks/${id}`));
    const form = page.getByRole("form", { name: "Correct tempo" });
    expect(await form.getByLabel("tempo").inputValue()).toBe("77.5");
    await form.getByRole("button", { name: "Take back tempo" }).press("Enter");
    await form.getByText("It is taken back").waitFor();
    await expect
      .poll(() => page.getByRole("region", { name: "Tempo", exact: true }).getByText("corrected").count())
      .toBe(0);
    await expect.poll(() => form.getByLabel("tempo").inputValue()).toBe("");
  });

  test("a track is deleted only by who says so twice, and its takedown is shown", async () => {
    const { page, errors } = opened;
    await page.getByRole("button", { name: "Delete …" }).press("Enter");
    const sure = page.getByRole("alertdialog", { name: "Delete this track" });
    await sure.waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Keep it");
    expect(await findBarriers(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await expect.poll(() => sure.count()).toBe(0);
    await page.getByRole("button", { name: "Delete …" }).press("Enter");
    await sure.getByRole("button", { name: "Delete for good" }).press("Enter");
    // To its end it comes when storage was looked through since its master was brought: a quarter of an hour at the least.
    await page.getByRole("status").getByText("It can't be read any more").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    expect((await fetch(`${running.fleet.apiUrl}/v1/tracks/${id}`)).status).toBe(410);
    await page.getByRole("link", { name: "All tracks", exact: true }).click();
    await page.getByRole("heading", { name: "Drop music here" }).waitFor();
    await expect.poll(() => page.locator("tbody a").count()).toBe(0);
    // That it can't be read any more the browser writes down itself.
    expect(errors.filter((error) => !/\b4(04|10)\b/.test(error))).toEqual([]);
  });
});
