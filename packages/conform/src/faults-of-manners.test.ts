// Steps with one fault each, and what is said of them: of how they end, whom they blame, and what they leave behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineError, defineKind, Master, PermanentError } from "@segue/contracts";
import { defineStep, type StepContext } from "@segue/step";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { blamesTheMachine } from "./checks/blames-the-machine.ts";
import { leavesFilesAlone } from "./checks/leaves-files-alone.ts";
import { letsTroubleThrough } from "./checks/lets-trouble-through.ts";
import { readsWhatKindsAllow } from "./checks/reads-what-kinds-allow.ts";
import { refusesByName } from "./checks/refuses-by-name.ts";
import { stopsWhenTold } from "./checks/stops-when-told.ts";
import { survivesMalformedPayloads } from "./checks/survives-malformed-payloads.ts";
import { facts, findFault, findFaultOf } from "./fixtures/find-fault.ts";
import { runProgram, Script, Speech, sound } from "./fixtures/sound.step.ts";
import { soundConformance, textInputs } from "./fixtures/sound-samples.ts";

type Run = typeof sound.run;
const speak = ({ outputPath }: Pick<StepContext, "outputPath">, words = "words") =>
  writeFile(outputPath, words);

/** What steps on other kinds have of the sound one. */
const common = {
  name: "sound",
  version: 1,
  produces: Speech,
  budget: sound.budget,
  setup: async () => null,
};

/** A step that does something, and then returns what it always does. */
const doing =
  (work: (context: StepContext) => unknown): Run =>
  async (_inputs, _work, context) => {
    await work(context);
    await speak(context);
    return facts;
  };

test("half a result where it is told to stop", async () => {
  const run: Run = async (_inputs, _work, context) => {
    context.log.info({}, "half way");
    await speak(context, context.signal.aborted ? "half" : "the whole");
    return facts;
  };
  expect(await findFault(stopsWhenTold, { run })).toContain("it returns a half result");
});

test("a stop that is taken for the input's fault", async () => {
  const run = doing((context) =>
    runProgram(context).catch(() => {
      throw new PermanentError("not-audio", "the program ended early");
    }),
  );
  expect(await findFault(stopsWhenTold, { run })).toContain("it blames the input");
});

test("a child that nobody was told of is left where it is told to stop, and one that no group leads can't be killed", async () => {
  const children: number[] = [];
  onTestFinished(() => children.forEach((pid) => void process.kill(pid, "SIGKILL")));
  const start = (detached: boolean, context: StepContext, isTold: boolean) => {
    const child = spawn("sleep", ["60"], { detached, stdio: "ignore" });
    child.unref();
    if (child.pid) children.push(child.pid);
    if (isTold && child.pid) context.onSpawn(child.pid);
    context.signal.throwIfAborted();
  };
  const untold = doing((context) => start(true, context, false));
  expect(await findFault(stopsWhenTold, { run: untold })).toContain("was not told of");
  const ungrouped = doing((context) => start(false, context, true));
  expect(await findFault(stopsWhenTold, { run: ungrouped })).toContain("leads its own process group");
});

test("a child that nobody was told of, and that it waits for after it is told to stop", async () => {
  const waitFor = (isTold: boolean) =>
    doing(async (context) => {
      const child = spawn("sleep", ["0.6"], { detached: true, stdio: "ignore" });
      if (isTold && child.pid) context.onSpawn(child.pid);
      await once(child, "close");
    });
  expect(await findFault(stopsWhenTold, { run: waitFor(false) })).toContain("goes on 300 ms after the stop");
  expect(await findFault(stopsWhenTold, { run: waitFor(true) })).toBeUndefined();
});

test.each<[string, (error: unknown) => void, string]>([
  ["swallowed", () => {}, "got a result without it"],
  [
    "taken for the input's fault",
    () => {
      throw new PermanentError("no-samples-decoded", "there is nothing there");
    },
    "it blames the input",
  ],
  [
    "told of in other words",
    () => {
      throw new Error("could not read it");
    },
    "expected storage-unavailable to be let through",
  ],
])("a fetch that fails is %s", async (_, onError, says) => {
  const run: Run = async ({ voice }, _work, context) => {
    const path = await voice.fetch().catch(onError);
    await speak(context);
    return { ...facts, voiceBytes: path ? 1 : 0 };
  };
  expect(await findFault(letsTroubleThrough, { run })).toContain(says);
});

test("a full disk is swallowed, and taken for the input's fault", async () => {
  const swallows: Run = async (_inputs, _work, context) => {
    await speak(context).catch(() => {});
    return facts;
  };
  expect(await findFault(blamesTheMachine, { run: swallows })).toContain("it returns a half result");
  const blames: Run = async (_inputs, _work, context) => {
    await speak(context).catch(() => {
      throw new PermanentError("not-audio", "nothing could be written");
    });
    return facts;
  };
  expect(await findFault(blamesTheMachine, { run: blames })).toContain("expected the machine's error");
});

test("a program that was killed from outside is taken for the input's fault, or for done", async () => {
  const blames = doing((context) =>
    runProgram(context).catch(() => {
      throw new PermanentError("not-audio", "the program ended early");
    }),
  );
  expect(await findFault(blamesTheMachine, { run: blames })).toContain("it blames the input");
  const half: Run = async (_inputs, _work, context) => {
    let letters = 1;
    await runProgram(context).catch(() => (letters = 0));
    await speak(context);
    return { ...facts, letters };
  };
  expect(await findFault(blamesTheMachine, { run: half })).toContain("it returns a half result");
});

test("facts that are optional are relied on", async () => {
  const run: Run = async ({ script }, _work, context) => {
    await speak(context);
    if (script.facts.title === undefined) throw new TypeError("Cannot read properties of undefined");
    return facts;
  };
  expect(await findFault(readsWhatKindsAllow, { run })).toContain("without the optional title");
});

test("a kind that takes anything for facts, and a step that does not", async () => {
  const Lax = defineKind({ ...Script, name: "script", facts: z.any() });
  const step = defineStep({
    ...common,
    consumes: { script: Lax },
    async run({ script }, _work, context) {
      await speak(context);
      return { ...facts, title: String(script.facts.title.trim()) };
    },
  });
  const samples = async (folder: string) => ({
    hamlet: { script: (await textInputs(folder, "hamlet", "to be")).script },
  });
  expect(
    await findFaultOf(readsWhatKindsAllow, step, { module: soundConformance.module, samples }),
  ).toContain("facts of script null");
});

test("damaged bytes are taken for the machine's fault, and a client's for what may pass", async () => {
  const run: Run = async ({ script }, _work, context) => {
    await speak(context);
    if (!/be|soft/.test(await readFile(await script.fetch(), "utf8")))
      throw Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" });
    return facts;
  };
  expect(await findFault(survivesMalformedPayloads, { run })).toContain("got worker-unfit");
  const ofClients = defineStep({
    ...common,
    consumes: { script: Master },
    async run({ script }, _work, context) {
      await speak(context);
      if ((await readFile(script.path)).length === 0) throw new Error("no words");
      return facts;
    },
  });
  const samples = async (folder: string) => {
    const { script } = await textInputs(folder, "hamlet", "to be");
    return { hamlet: { script: { path: script.path, facts: { sizeBytes: 5 } } } };
  };
  const conformance = { module: soundConformance.module, samples };
  expect(await findFaultOf(survivesMalformedPayloads, ofClients, conformance)).toContain(
    "expected a permanent error",
  );
});

test("an error that is not declared, one that never comes, and one by another name", async () => {
  expect(await findFault(refusesByName, { errors: [] })).toContain("got invalid-output");
  const tooDull = defineError({ code: "too-dull", meaning: "Nobody listens.", remedy: "Send another." });
  expect(await findFault(refusesByName, { errors: [...(sound.errors ?? []), tooDull] })).toContain(
    "it declares too-dull",
  );
  const run = doing(() => {
    throw new PermanentError("not-audio", "no words");
  });
  expect(await findFault(refusesByName, { run })).toContain("expected the permanent error nothing-to-say");
});

test.each<[string, Run, string]>([
  [
    "an input",
    async ({ script }, _work, context) => {
      await speak(context);
      await writeFile(await script.fetch(), "");
      return facts;
    },
    "hamlet.txt changed",
  ],
  ["a temporary file", doing(() => writeFile(join(tmpdir(), "left.tmp"), "")), "left.tmp is left behind"],
  ["a file where the process stands", doing(() => writeFile("stray.log", "")), "stray.log is left behind"],
  [
    "a temporary file where it is told to stop",
    doing(async ({ signal, log }) => {
      const path = join(tmpdir(), "stopped.tmp");
      await writeFile(path, "");
      log.info({}, "written");
      signal.throwIfAborted();
      await rm(path);
    }),
    "told to stop: stopped.tmp is left behind",
  ],
])("%s is not as it was", async (_, run, says) => {
  expect(await findFault(leavesFilesAlone, { run })).toContain(says);
});
