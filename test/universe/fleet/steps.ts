import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Master, PermanentError } from "@segue/contracts";
import { type Checkpoint, defineStep, type StepContext } from "@segue/step";
import { circumstances } from "./circumstances.ts";
import { Colour, Dust, Grain, Husk, Label, Mosaic, Polish, Trail, Weight } from "./kinds.ts";
import {
  cleave,
  grind,
  isFickle,
  joinFiles,
  label,
  markRun,
  pace,
  paint,
  polish,
  readGrain,
  readMaster,
  tile,
  weigh,
} from "./results.ts";

const budget = { timeMs: 10_000, memoryMiB: 512 };
const setup = async () => ({});

/** How often an attempt fails, or hangs, for no reason that the track has: once in so many. */
const trips = 150;
const hangs = 400;

/**
 * Takes its time; in a world with mishaps it fails now and then, and seldom it hangs until its budget is spent.
 *
 * @param what one piece of work, which need not be done twice.
 */
async function work(what: string, ms: number, { signal }: StepContext): Promise<void> {
  circumstances.onWork(what);
  const { mishaps } = circumstances;
  if (mishaps && Math.random() < 1 / trips) throw new Error("it tripped");
  const takesMs = mishaps && Math.random() < 1 / hangs ? 60_000 : ms * (0.5 + Math.random());
  await sleep(takesMs, undefined, { signal });
}

/** Of a payload that is not brought as a whole, and may go while a step is at work on it. */
async function readRange(input: Ranged): Promise<Buffer> {
  return await readFile(await input.fetchRange(0, input.sizeBytes));
}

interface Ranged {
  readonly sizeBytes: number;
  fetchRange(startByte: number, endByte: number): Promise<string>;
}

/** The versions that a release of the toy fleet has. */
export interface Versions {
  readonly weigh: number;
  readonly walk: number;
}

/**
 * Steps in branches: an intermediate that expires, a join, a long step with checkpoints, one that is shared out; and one with two outputs,
 * which no two runs make alike, with a step that takes both.
 */
export function defineToySteps(versions: Versions) {
  const grindStep = defineStep({
    name: "grind",
    version: 1,
    consumes: { master: Master },
    produces: Grain,
    budget,
    setup,
    async run({ master }, _work, context) {
      const bytes = await readFile(master.path);
      await work(`grind ${readMaster(bytes).name}`, 400, context);
      await writeFile(context.outputPath, grind(bytes, 1));
      return { pieces: readMaster(bytes).tiles };
    },
  });
  const paintStep = defineStep({
    name: "paint",
    version: 1,
    consumes: { grain: Grain },
    produces: Colour,
    budget,
    setup,
    async run({ grain }, _work, context) {
      const bytes = await readFile(grain.path);
      await work(`paint ${readGrain(bytes).name}`, 300, context);
      if (readGrain(bytes).isColourless)
        throw new PermanentError("not-audio", "expected a colour, came none");
      return { digest: paint(bytes, 1) };
    },
  });
  const weighStep = defineStep({
    name: "weigh",
    version: versions.weigh,
    consumes: { grain: Grain },
    produces: Weight,
    budget,
    setup,
    async run({ grain }, _work, context) {
      const bytes = await readFile(grain.path);
      await work(`weigh ${versions.weigh} ${readGrain(bytes).name}`, 500, context);
      return { digest: weigh(bytes, versions.weigh) };
    },
  });
  const labelStep = defineStep({
    name: "label",
    version: 1,
    consumes: { colour: Colour, weight: Weight },
    produces: Label,
    budget,
    setup,
    async run({ colour, weight }, _work, context) {
      const { digest } = colour.facts;
      await work(`label ${digest} ${weight.facts.digest}`, 100, context);
      if (circumstances.mishaps && isFickle(digest) && Math.random() < 0.5)
        throw new PermanentError("not-audio", "expected a label, came none this time");
      return { digest: label(digest, weight.facts.digest, 1) };
    },
  });
  const walkStep = defineStep({
    name: "walk",
    version: versions.walk,
    consumes: { grain: Grain },
    produces: Trail,
    budget,
    fetchWholeUpToBytes: 0,
    setup,
    async *run({ grain }, _work, context) {
      const { paces, name } = readGrain(await readRange(grain));
      for (let index = (context.resumed?.state as number | undefined) ?? 0; index < paces; index++) {
        await work(`walk ${versions.walk} ${name} ${index}`, 900, context);
        const path = join(context.scratchDir, `pace-${index}`);
        await writeFile(path, pace(await readRange(grain), index, versions.walk));
        yield { state: index + 1, files: { [`pace-${index}`]: path } } satisfies Checkpoint;
      }
      if (paces > 0) context.composeOutput(Array.from({ length: paces }, (_, index) => `pace-${index}`));
      else
        await writeFile(
          context.outputPath,
          joinFiles(0, () => ""),
        );
      return { pieces: paces };
    },
  });
  const tileStep = defineStep({
    name: "tile",
    version: 1,
    consumes: { grain: Grain },
    produces: Mosaic,
    budget,
    fetchWholeUpToBytes: 0,
    setup,
    scatter: {
      count: ({ grain }) => grain.facts.pieces,
      async piece(index, { grain }, _work, context) {
        const bytes = await readRange(grain);
        await work(`tile ${readGrain(bytes).name} ${index}`, 700, context);
        const path = join(context.scratchDir, `tile-${index}`);
        await writeFile(path, tile(bytes, index, 1));
        return { state: index, files: { [`tile-${index}`]: path } };
      },
    },
    async run({ grain }, _work, context) {
      await work(`tile ${readGrain(await readFile(await grain.fetch())).name}`, 200, context);
      const { pieces } = context;
      if (pieces.length > 0) context.composeOutput(pieces.map((index) => `tile-${index}`));
      else await writeFile(context.outputPath, "");
      return { pieces: pieces.length };
    },
  });
  return { grindStep, paintStep, weighStep, labelStep, walkStep, tileStep, ...defineTwoOutputs() };
}

function defineTwoOutputs() {
  const cleaveStep = defineStep({
    name: "cleave",
    version: 1,
    consumes: { grain: Grain },
    produces: { husk: Husk, dust: Dust },
    budget,
    setup,
    async run({ grain }, _work, context) {
      const bytes = await readFile(grain.path);
      await work(`cleave ${readGrain(bytes).name}`, 400, context);
      const run = String(Math.random());
      for (const part of ["husk", "dust"] as const)
        await writeFile(context.outputPaths[part], markRun(cleave(bytes, part, 1), run));
      return { husk: { run }, dust: { run } };
    },
  });
  const polishStep = defineStep({
    name: "polish",
    version: 1,
    consumes: { husk: Husk, dust: Dust },
    produces: Polish,
    budget,
    setup,
    async run({ husk, dust }, _work, context) {
      const [one, two] = [await readFile(husk.path, "utf8"), await readFile(dust.path, "utf8")];
      await work(`polish ${one} ${two}`, 200, context);
      const runs = [husk.facts.run, dust.facts.run, one.split(" ")[1], two.split(" ")[1]];
      // No master is to blame for that: a law sees the failure.
      if (new Set(runs).size > 1)
        throw new PermanentError("not-audio", `of several runs: ${runs.join(", ")}`);
      return { digest: polish(one.split(" ")[0] ?? "", two.split(" ")[0] ?? "", 1) };
    },
  });
  return { cleaveStep, polishStep };
}
