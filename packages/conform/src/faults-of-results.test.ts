// Steps with one fault each, and what is said of them: of their definitions and of what they return.
import { createWriteStream } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { defineKind, type Json, PermanentError } from "@segue/contracts";
import { defineStep } from "@segue/step";
import { expect, test } from "vitest";
import { z } from "zod";
import { canBeRendered } from "./checks/can-be-rendered.ts";
import { goesOnAnywhere } from "./checks/goes-on-anywhere.ts";
import { readsInRanges } from "./checks/reads-in-ranges.ts";
import { repeatsItself } from "./checks/repeats-itself.ts";
import { returnsItsKind } from "./checks/returns-its-kind.ts";
import { tellsWhatItIs } from "./checks/tells-what-it-is.ts";
import { worksInCompany } from "./checks/works-in-company.ts";
import { facts, findFault, findFaultOf } from "./fixtures/find-fault.ts";
import { nothingToSay, Speech, sound } from "./fixtures/sound.step.ts";
import { soundConformance } from "./fixtures/sound-samples.ts";

const speak = async ({ outputPath }: { outputPath: string }, words = "words") =>
  void (await writeFile(outputPath, words));

test("parameters that JSON loses", async () => {
  expect(await findFault(tellsWhatItIs, { params: { since: new Date(0) } as unknown as Json })).toContain(
    "params: expected JSON",
  );
});

test("weights that are not those of the address", async () => {
  const model = { name: "tiny", version: "1", digest: "0".repeat(64) };
  const weightsFile = new URL(import.meta.url).pathname;
  expect(await findFault(tellsWhatItIs, { model, weightsFile })).toContain("the weights have the SHA-256");
});

test("an address that changes as the step runs", async () => {
  const params = { calls: 0 };
  const fault = await findFault(tellsWhatItIs, {
    params,
    async run(_inputs, _work, context) {
      params.calls += 1;
      await speak(context);
      return facts;
    },
  });
  expect(fault).toContain("its address was another one");
});

test("facts that JSON makes something else of", async () => {
  const Dated = defineKind({ ...Speech, name: "speech", facts: z.object({ at: z.any() }) });
  const step = {
    ...sound,
    produces: Dated,
    async run(_inputs: unknown, _work: unknown, context: { outputPath: string }) {
      await speak(context);
      return { at: new Date(0) };
    },
  };
  expect(await findFaultOf(returnsItsKind, step, soundConformance)).toContain(
    "JSON, in which facts are stored",
  );
});

test("facts that its kind has no room for", async () => {
  const fault = await findFault(returnsItsKind, {
    async run(_inputs, _work, context) {
      await speak(context);
      return { ...facts, mood: "grim" };
    },
  });
  expect(fault).toContain("has no room for all that it returned");
});

test("facts that come out otherwise where they are read", async () => {
  const produces = {
    ...Speech,
    facts: Speech.facts.transform((read) => ({ ...read, letters: read.letters + 1 })),
  };
  const fault = await findFault(returnsItsKind, { produces: produces as typeof Speech });
  expect(fault).toContain("read again, its facts are others");
});

test("facts that are none of its kind", async () => {
  const run = async () => ({ letters: "many" }) as unknown as typeof facts;
  expect(await findFault(returnsItsKind, { run })).toContain("invalid-output");
});

test("facts that the schema which others have of its kind refuses", async () => {
  const produces = {
    ...Speech,
    schema: { type: "object", properties: { mood: { type: "string" } }, required: ["mood"] },
  };
  expect(await findFault(returnsItsKind, { produces: produces as typeof Speech })).toContain(
    "the schema that others have",
  );
});

test("a payload that its kind's rendering can't be made of", async () => {
  const payload = { contentType: "application/json", extension: "json" };
  const Drawn = defineKind({ ...Speech, payload, renderings: { svg: { by: "peaks-outline" } } });
  const findIn = (text: string) => {
    const run = async (_inputs: unknown, _work: unknown, { outputPath }: { outputPath: string }) => {
      await writeFile(outputPath, text);
      return facts;
    };
    return findFaultOf(canBeRendered, { ...sound, produces: Drawn, run }, soundConformance);
  };
  expect(await findIn('{"peaks":[0,1]}')).toContain("the rendering svg: expected peaks as audiowaveform");
  const zoom = { version: 2, channels: 1, sample_rate: 8_000, samples_per_pixel: 256, bits: 8 };
  expect(await findIn(JSON.stringify({ ...zoom, length: 1, data: [0, 1] }))).toBeUndefined();
});

test("no payload, one too many, half of one, and one that can't be read", async () => {
  expect(await findFault(returnsItsKind, { run: async () => facts })).toContain("got no file there");
  const fact = { ...Speech, payload: null };
  const composes: typeof sound.run = async function* (_inputs, _work, { scratchDir, composeOutput }) {
    await writeFile(`${scratchDir}/a`, "a");
    yield { state: 1, files: { a: `${scratchDir}/a` } };
    composeOutput(["a"]);
    return facts;
  };
  expect(await findFault(returnsItsKind, { produces: fact as never, run: composes })).toContain(
    "it composes a payload",
  );
  const fault = await findFault(returnsItsKind, {
    async run(_inputs, _work, { outputPath }) {
      const stream = createWriteStream(outputPath);
      await new Promise((resolve) => stream.write("the first half", resolve));
      setTimeout(() => stream.end("the second"), 50);
      return facts;
    },
  });
  expect(fault).toContain("still being written");
  const json = { ...Speech, payload: { contentType: "application/json", extension: "json" } };
  expect(await findFault(returnsItsKind, { produces: json as never })).toContain(
    "its payload is no application/json",
  );
});

test.each<[string, () => string]>([
  ["the time", () => new Date().toISOString()],
  ["the time zone", () => new Date(0).getHours().toString()],
  ["where it stands", () => process.cwd()],
  ["chance", () => Math.random().toString()],
])("a result that depends on %s", async (_, found) => {
  const fault = await findFault(repeatsItself, {
    async run(_inputs, _work, context) {
      await speak(context, found());
      return facts;
    },
  });
  expect(fault).toContain("the payload differs");
});

test("a result that depends on the names of its inputs", async () => {
  const fault = await findFault(repeatsItself, {
    async run({ script }, _work, context) {
      await speak(context);
      return { ...facts, title: script.path };
    },
  });
  expect(fault).toMatch(/at another place and time: the facts differ/);
});

test("a result that something of the track before is in", async () => {
  let before: string | null = null;
  const fault = await findFault(repeatsItself, {
    async run({ script }, _work, context) {
      await speak(context);
      const title = before;
      before = script.facts.title ?? null;
      return { ...facts, title };
    },
  });
  expect(fault).toContain("again, after other samples: the facts differ");
});

test("a checkpoint without all that the next attempt needs: a file that was not yielded", async () => {
  const fault = await findFault(goesOnAnywhere, {
    async *run(_inputs, _work, context) {
      const path = `${context.scratchDir}/notes`;
      if (!context.resumed) {
        await writeFile(path, "one");
        yield { state: 1 };
      }
      await speak(context, await readFile(path, "utf8"));
      return facts;
    },
  });
  expect(fault).toContain("ENOENT");
});

test("a checkpoint without all that the next attempt needs: what the worker remembers", async () => {
  let sum = 0;
  const fault = await findFault(goesOnAnywhere, {
    async *run({ script }, _work, context) {
      if (!context.resumed) {
        sum = script.sizeBytes;
        yield { state: 1 };
      }
      await speak(context);
      return { ...facts, letters: sum };
    },
  });
  expect(fault).toContain("the facts differ");
});

test("a payload that is begun before the last checkpoint and gone on with after it", async () => {
  const fault = await findFault(goesOnAnywhere, {
    async *run(_inputs, _work, context) {
      if (!context.resumed) {
        await appendFile(context.outputPath, "one");
        yield { state: 1 };
      }
      await appendFile(context.outputPath, "two");
      return facts;
    },
  });
  expect(fault).toContain("the payload differs");
});

test("a file that was yielded is written to again", async () => {
  const fault = await findFault(goesOnAnywhere, {
    async *run(_inputs, _work, { scratchDir, composeOutput }) {
      const path = `${scratchDir}/words`;
      for (const name of ["one", "two"]) {
        await writeFile(path, name);
        yield { state: name, files: { [name]: path } };
      }
      composeOutput(["one", "two"]);
      return facts;
    },
  });
  expect(fault).toContain("was yielded before");
});

test("pieces whose order counts", async () => {
  let made = 0;
  const fault = await findFault(goesOnAnywhere, {
    scatter: {
      count: () => 3,
      async piece() {
        made += 1;
        return { state: made };
      },
    },
    async run(_inputs, _work, context) {
      await speak(context, context.pieces.map((piece) => String(Number(piece) % 3)).join());
      return facts;
    },
  });
  expect(fault).toContain("the payload differs");
});

test("a step on long input, and no sample that is long", async () => {
  const fault = await findFault(goesOnAnywhere, {
    // biome-ignore lint/correctness/useYield: that is its fault.
    async *run(_inputs, _work, context) {
      await speak(context);
      return facts;
    },
  });
  expect(fault).toContain("is made for long input");
});

test("a result that company is in, and a bad input that spoils its neighbours", async () => {
  const batched = (runBatch: (items: readonly string[]) => readonly (typeof facts | Error)[]) =>
    defineStep({
      name: "sound",
      version: 1,
      consumes: sound.consumes,
      produces: { ...Speech, payload: null },
      budget: sound.budget,
      errors: [nothingToSay],
      batch: { max: 8, waitMs: 10 },
      setup: async () => null,
      prepare: ({ script }) => readFile(script.path, "utf8"),
      runBatch,
    });
  const of = (text: string) =>
    text === "" ? new PermanentError(nothingToSay, "no words") : { ...facts, letters: text.length };
  const fault = (step: ReturnType<typeof batched>) => findFaultOf(worksInCompany, step, soundConformance);
  expect(await fault(batched((texts) => texts.map(of)))).toBeUndefined();
  expect(await fault(batched((texts) => texts.map(() => ({ ...facts, letters: texts.length }))))).toContain(
    "the facts differ",
  );
  expect(await fault(batched((texts) => [...texts].sort().map(of)))).toMatch(
    /"(hamlet|romeo)", in one go of/,
  );
  const spoilt = batched((texts) => (texts.includes("") ? texts.map(() => of("")) : texts.map(of)));
  expect(await fault(spoilt)).toContain("got nothing-to-say");
});

test("a result that depends on how its input was fetched", async () => {
  const fault = await findFault(readsInRanges, {
    async run({ script }, _work, context) {
      await speak(context, script.path === "" ? "long" : "short");
      return facts;
    },
  });
  expect(fault).toContain("the payload differs");
});
