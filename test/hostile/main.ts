// `npm run hostile`: feeds the whole corpus to a real fleet. `--match TEXT` only files whose names hold the text; `--short` some of every
// chapter; `--rounds N` all of it so often (twice when nothing is left out), with memory judged over the last round.
// `--fuzz-minutes N --seed S` damages files and decodes them, until the time is up.
import { parseArgs } from "node:util";
import { shortForm } from "./corpus/corpus.ts";
import { openStudio } from "./corpus/studio.ts";
import { findFaults, findSlowness, maxResidentMiB } from "./feed/judge-run.ts";
import { describeOutcome } from "./feed/match-outcome.ts";
import { type CorpusRun, runCorpus, startFleetToFeed } from "./feed/run-corpus.ts";
import { fuzzDecode } from "./fuzz/fuzz-decode.ts";

const { values } = parseArgs({
  options: {
    match: { type: "string" },
    short: { type: "boolean", default: false },
    rounds: { type: "string" },
    "fuzz-minutes": { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const fuzzMinutes = values["fuzz-minutes"];
const faults =
  fuzzMinutes === undefined ? await feed() : await fuzz(Number(fuzzMinutes), Number(values.seed));
for (const fault of faults) console.log(`FAULT ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;

async function feed(): Promise<string[]> {
  const startedAt = performance.now();
  const fleet = await startFleetToFeed();
  const feeding = runCorpus(fleet, {
    rounds: Number(values.rounds ?? (values.short || values.match ? 1 : 2)),
    choose(chapters) {
      const files = values.short ? shortForm(chapters) : chapters.flatMap((chapter) => chapter.files);
      const chosen = files.filter(({ name }) => name.includes(values.match ?? ""));
      console.log(`${chosen.length} files`);
      return chosen;
    },
    onFed: ({ file, outcome }, asExpected) =>
      console.log(`${asExpected ? "  " : "! "}${file.name}: ${describeOutcome(outcome).slice(0, 90)}`),
  });
  const run = await feeding.finally(() => fleet[Symbol.asyncDispose]());
  printRun(run, performance.now() - startedAt);
  const maxMiB = maxResidentMiB[process.env.SEGUE_PLACEMENT === "economy" ? "together" : "apart"];
  return [...findFaults(run, maxMiB), ...findSlowness(run)];
}

function printRun(run: CorpusRun, tookMs: number): void {
  console.log(
    `\n${run.fed.length - run.wrong.length} of ${run.fed.length} files ended as expected, in ${(tookMs / 1000).toFixed(0)} s`,
  );
  const slowest = run.fed
    .flatMap(({ file, attempts }) =>
      attempts.map(({ step, durationMs }) => ({ file: file.name, step, durationMs })),
    )
    .sort((a, b) => b.durationMs - a.durationMs)
    .slice(0, 5)
    .map(({ file, step, durationMs }) => ({ file, step, ms: Math.round(durationMs) }));
  console.log("slowest attempts:");
  console.table(slowest);
  console.table(
    run.footprints.before.map((before, index) => {
      const after = run.footprints.after[index];
      const pair = (figure: "threads" | "files" | "residentMiB") =>
        `${before[figure].toFixed(0)} -> ${after?.[figure].toFixed(0)}`;
      return {
        service: before.name,
        threads: pair("threads"),
        files: pair("files"),
        MiB: pair("residentMiB"),
      };
    }),
  );
  const { before, after } = run.goodTrackMs;
  console.log(`a good track: ${Math.round(before)} ms before, ${Math.round(after)} ms after`);
  console.log(`visits to the address that files name: ${run.baitVisits}`);
}

async function fuzz(minutes: number, seed: number): Promise<string[]> {
  const studio = await openStudio();
  try {
    const run = await fuzzDecode({
      seed,
      goesOn: within(minutes * 60_000),
      keepDir: `.segue/hostile/seed-${seed}`,
      studio,
      onFinding: (finding) => console.log(finding),
    });
    console.log(`${run.rounds} files from seed ${seed}; the slowest took ${Math.round(run.slowestMs)} ms`);
    console.table([...run.outcomes].map(([outcome, files]) => ({ outcome, files })));
    return [...run.findings, ...run.slow];
  } finally {
    await studio[Symbol.asyncDispose]();
  }
}

function within(ms: number): () => boolean {
  const deadline = performance.now() + ms;
  return () => performance.now() < deadline;
}
