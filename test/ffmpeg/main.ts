// `npm run builds`: the corpus of hostile files through the decoder with every build of ffmpeg that is here, all of which must end as the corpus says;
// then the tests of what ffmpeg does for us, with each. `--ffmpeg PATH` (again and again) names more builds; `--short` some files
// of every chapter; `--match TEXT` only files whose names hold the text, and no tests.
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { corpusOf, shortForm } from "../hostile/corpus/corpus.ts";
import { openStudio } from "../hostile/corpus/studio.ts";
import { compareBuilds } from "./compare-builds.ts";
import { openBuildDecoders } from "./decode-with-builds.ts";
import { type Build, findBuilds } from "./find-builds.ts";

const { values } = parseArgs({
  options: {
    ffmpeg: { type: "string", multiple: true, default: [] },
    short: { type: "boolean", default: false },
    match: { type: "string" },
  },
});

const { builds, missing } = await findBuilds(values.ffmpeg);
for (const { name, version } of builds) console.log(`${name}: ${version}`);
for (const name of missing) console.log(`NOT HERE: ${name}`);

const faults = await compare();
const failed = values.match === undefined ? builds.filter((build) => !passesTests(build)) : [];
for (const { name } of failed) console.log(`FAULT tests fail with ${name}`);
process.exitCode = faults.length + failed.length > 0 ? 1 : 0;

async function compare(): Promise<readonly string[]> {
  const studio = await openStudio();
  const decoders = openBuildDecoders(builds);
  try {
    // What only the runner's budget ends is for `npm run hostile`, whose fleet has one.
    const chapters = corpusOf(studio, { url: "http://127.0.0.1:9/song.wav", path: "/song.wav" }).filter(
      ({ title }) => title !== "bombs",
    );
    const files = values.short ? shortForm(chapters) : chapters.flatMap((chapter) => chapter.files);
    const chosen = files.filter(({ name }) => name.includes(values.match ?? ""));
    const comparison = await compareBuilds(chosen, decoders);
    console.log(`${comparison.files} files with ${builds.length} builds`);
    for (const fault of comparison.faults) console.log(`FAULT ${fault}`);
    for (const difference of comparison.differences) console.log(`DIFFERS ${difference}`);
    console.log(`other samples (${comparison.otherSamples.length}): ${comparison.otherSamples.join(", ")}`);
    return comparison.faults;
  } finally {
    await decoders[Symbol.asyncDispose]();
    await studio[Symbol.asyncDispose]();
  }
}

function passesTests({ name, path }: Build): boolean {
  const parts = [
    "packages/audio",
    "services/decode",
    "services/downsample",
    "services/encode",
    "test/ffmpeg",
  ];
  console.log(`\n== tests with ${name}`);
  const { status } = spawnSync("vitest", ["run", ...parts], {
    env: { ...process.env, FFMPEG_BIN: path },
    stdio: "inherit",
  });
  return status === 0;
}
