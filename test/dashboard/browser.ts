// A page of a real Chromium, with what went wrong in it.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

export interface OpenedPage {
  readonly page: Page;
  /** Errors of its scripts, what its policy did not let it do, and whatever else it wrote as an error. */
  readonly errors: readonly string[];
  /** Hosts that it asked for anything. */
  readonly hosts: ReadonlySet<string>;
}

export function startBrowser(program: string): Promise<Browser> {
  // Whoever runs the tests may be root, for whom Chromium has no sandbox.
  return chromium.launch({
    executablePath: program,
    args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
  });
}

export interface PageOptions {
  readonly colorScheme?: "light" | "dark";
  readonly size?: { readonly width: number; readonly height: number };
}

export async function openPage(
  browser: Browser,
  { colorScheme = "light", size }: PageOptions = {},
): Promise<OpenedPage> {
  const viewport = size ?? { width: 1280, height: 860 };
  const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB", timezoneId: "UTC" });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const errors: string[] = [];
  const hosts = new Set<string>();
  page.on("pageerror", (error) => errors.push(String(error.stack)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "blob:" && protocol !== "data:") hosts.add(host);
  });
  return { page, errors, hosts };
}

/** Drops files on the page, as from a file manager. */
export async function dropFiles(
  page: Page,
  files: readonly { readonly path: string; readonly name: string }[],
): Promise<void> {
  const read = files.map(async ({ path, name }) => ({
    name,
    base64: (await readFile(path)).toString("base64"),
  }));
  const transfer = await page.evaluateHandle(
    (given) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of given) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
      }
      return transfer;
    },
    await Promise.all(read),
  );
  await page.dispatchEvent("main", "dragover", { dataTransfer: transfer });
  await page.dispatchEvent("main", "drop", { dataTransfer: transfer });
}

const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe takes for serious or worse, with the elements that it is about. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(axeFile, "utf8"));
  const { violations } = await page.evaluate<AxeResults>("axe.run(document)");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = "" }) => `${id}: ${html}\n${failureSummary}`),
    );
}

/** How long frames take while a table is scrolled by far: how quick it is depends on the machine, so it is told and not tested. */
export async function framesOf(page: Page): Promise<string> {
  const framesMs = await page.evaluate(async () => {
    const box = document.querySelector(".table-box");
    const taken: number[] = [];
    for (let frame = 0, before = performance.now(); frame < 180; frame++) {
      if (box) box.scrollTop -= 700;
      const now = await new Promise<number>(requestAnimationFrame);
      taken.push(now - before);
      before = now;
    }
    return taken.slice(1).sort((a, b) => a - b);
  });
  const at = (share: number) => `${(framesMs[Math.floor(share * framesMs.length)] ?? 0).toFixed(1)} ms`;
  return `a frame takes ${at(0.5)}, one in twenty ${at(0.95)} or more`;
}

/** Keeps what the page looks like, for the docs, where a folder for that is named. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const { DASHBOARD_IMAGES: folder } = process.env;
  if (folder) await page.screenshot({ path: join(folder, `dashboard-${name}.png`) });
}
