// `npm run field-cases -- FOLDER`: takes every file that FOLDER's expected.json names through a real fleet and judges what
// comes out. `--except a,b` leaves files out, and says so. Without FOLDER the cases are made by `../shared/field-cases/make_cases.py`, where that and Python are there.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { readTags } from "@segue/audio";
import { type FleetUnderTest, startFleetUnderTest } from "../support/fleet-under-test.ts";
import { type Expected, ExpectedFile } from "./expected.ts";
import { aacName, type Ended, judgeCase, unjudged } from "./judge-case.ts";

const shared = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "..", "shared", "field-cases");

async function findCases(given: string | undefined, made: string): Promise<string | null> {
  if (given !== undefined) return given;
  const script = join(shared, "make_cases.py");
  if (!existsSync(script)) return null;
  try {
    await promisify(execFile)("python3", [script, made]);
  } catch (error) {
    console.log(`the cases could not be made: ${error instanceof Error ? error.message : error}`);
    return null;
  }
  await copyFile(join(shared, "expected.json"), join(made, "expected.json"));
  return made;
}

async function take(
  { client }: FleetUnderTest,
  folder: string,
  file: string,
  outDir: string,
): Promise<Ended> {
  const { id } = await client.post(await readFile(join(folder, file)), { fileName: file });
  const track = await client.ended(id);
  const asset = await client.get(`/v1/tracks/${id}/assets/aac`);
  if (!asset.ok) return { track, aacPath: null, aacTags: {} };
  const aacPath = aacName(outDir, file);
  await writeFile(aacPath, Buffer.from(await asset.arrayBuffer()));
  return { track, aacPath, aacTags: (await readTags(aacPath)).tags };
}

/** The files that a case is compared with, beside the case itself. */
function filesOf(cases: Readonly<Record<string, Expected>>): string[] {
  const named = Object.values(cases).flatMap(({ sameAs, integratedLufsSameAs, aacLufsSameAs }) =>
    [sameAs, integratedLufsSameAs, aacLufsSameAs].filter((name) => name !== undefined),
  );
  return [...new Set([...Object.keys(cases), ...named])];
}

async function judgeFolder(folder: string, outDir: string, except: readonly string[]): Promise<number> {
  const all = ExpectedFile.parse(JSON.parse(await readFile(join(folder, "expected.json"), "utf8")));
  const cases = Object.fromEntries(Object.entries(all).filter(([file]) => !except.includes(file)));
  for (const file of except) console.log(`LEFT OUT  ${file}`);
  const ended = await takeAll(filesOf(cases), folder, outDir);
  let wrong = 0;
  for (const [file, expected] of Object.entries(cases)) {
    const faults = await judgeCase(ended.get(file) as Ended, expected, ended);
    const later = unjudged(expected);
    wrong += faults.length;
    const verdict = faults.length > 0 ? "WRONG" : "right";
    console.log(`${verdict}  ${file}${later.length > 0 ? `  (not judged: ${later.join(", ")})` : ""}`);
    for (const fault of faults) console.log(`         ${fault}`);
  }
  return wrong;
}

async function takeAll(
  files: readonly string[],
  folder: string,
  outDir: string,
): Promise<Map<string, Ended>> {
  const fleet = await startFleetUnderTest();
  try {
    const all = await Promise.all(files.map((file) => take(fleet, folder, file, outDir)));
    return new Map(files.map((file, i) => [file, all[i] as Ended]));
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { except: { type: "string", default: "" } },
});
const work = await mkdtemp(join(tmpdir(), "segue-field-cases-"));
try {
  const folder = await findCases(positionals[0], join(work, "made"));
  if (folder === null)
    console.log("field cases: SKIPPED, there are none beside the checkout, or no Python to make them");
  else
    process.exitCode =
      (await judgeFolder(folder, work, values.except.split(",").filter(Boolean))) > 0 ? 1 : 0;
} finally {
  await rm(work, { recursive: true, force: true });
}
