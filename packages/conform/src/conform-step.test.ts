// That a broken promise is a failed test, and nothing else is: conformStep in a run of vitest of its own.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";

const Report = z.object({
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({ title: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() }),
      ),
    }),
  ),
});

test("a promise that a step breaks is a failed test that says how, and one that it keeps passes", async () => {
  const root = await mkdtemp(join(tmpdir(), "segue-conform-step-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).pathname);
  const file = [
    `import { conformStep } from ${here("./index.ts")};`,
    `import { sound } from ${here("./fixtures/sound.step.ts")};`,
    `import { soundConformance } from ${here("./fixtures/sound-samples.ts")};`,
    "const facts = { title: null, letters: 1, voiceBytes: 0 };",
    "conformStep({ ...sound, run: async () => facts }, soundConformance);",
  ];
  await writeFile(join(root, "faulty.test.ts"), file.join("\n"));
  const vitest = new URL("../../../node_modules/.bin/vitest", import.meta.url).pathname;
  const report = join(root, "report.json");
  const which = "returns what its kind|it is data";
  const args = ["run", "--root", root, "--reporter=json", "--outputFile", report, "-t", which];
  await expect(promisify(execFile)(vitest, args)).rejects.toMatchObject({ code: 1 });
  const { testResults } = Report.parse(JSON.parse(await readFile(report, "utf8")));
  const ended = testResults.flatMap(({ assertionResults }) => assertionResults);
  const of = (title: RegExp) => ended.find((one) => title.test(one.title));
  expect(of(/^it is data/)).toMatchObject({ status: "passed" });
  expect(of(/^it returns/)).toMatchObject({
    status: "failed",
    failureMessages: [expect.stringContaining("expected a payload at outputPath, got no file there")],
  });
});
