import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Entry } from "./fixtures/walk/trace-calls.ts";

/** Of a reader's: as many files are kept in mind at once, and no more. */
const maxFiles = 10;

async function traceWalks(): Promise<Record<string, { ending: string; entries: Entry[] }>> {
  const pathOf = (file: string) => fileURLToPath(new URL(`./fixtures/walk/${file}`, import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning", "--import", pathOf("trace-calls.ts")];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, pathOf("main.ts")]);
  return JSON.parse(stdout);
}

test("a delivery enters ten files at most, and comes back to none", async () => {
  const walks = await traceWalks();
  expect(Object.values(walks).map(({ ending }) => ending)).toEqual(["computed", "skipped", "computed"]);
  for (const [what, { entries }] of Object.entries(walks)) {
    const [first, ...others] = entries;
    expect(first, what).toMatchObject({ file: "handle-delivery.ts", from: null });
    // From one file into another. What a file's own functions do when an event comes is done where the walk waits.
    const moves = others.filter(({ file, from }) => from !== null && from !== file);
    const walk = ["handle-delivery.ts", ...moves.map(({ file }) => file)];
    expect(walk, what).toEqual([...new Set(walk)]);
    expect(walk.length, `${what}: ${walk.join(", ")}`).toBeLessThanOrEqual(maxFiles);
    expect(
      others.filter(({ file }) => !walk.includes(file)),
      what,
    ).toEqual([]);
  }
});
