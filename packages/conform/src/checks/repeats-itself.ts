import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AnyStep } from "@segue/step";
import type { Check } from "../check.ts";
import { demandSame } from "../compare.ts";
import type { AnyGiven, Sample } from "../sample.ts";
import type { Subject } from "../subject.ts";

/**
 * The address says all that a result depends on. So it comes out the same after other tracks, in another place and time zone, on another
 * day, and from inputs by other names.
 */
export const repeatsItself: Check = {
  title: "the same inputs give the same result, whatever came before, wherever and whenever it is",
  async run(subject) {
    for (const sample of subject.samples) await subject.reference(sample);
    for (const sample of subject.samples) {
      const { made } = await subject.reference(sample);
      demandSame(made, await subject.run(sample), `"${sample.name}" again, after other samples`);
      demandSame(made, await elsewhere(subject, sample), `"${sample.name}" at another place and time`);
    }
    return undefined;
  },
};

async function elsewhere(subject: Subject, sample: Sample) {
  const dir = await mkdtemp(join(subject.dir, "elsewhere-"));
  const given = await copyInputs(subject.step, sample.given, dir);
  const { TZ, LANG } = process.env;
  const cwd = process.cwd();
  Object.assign(process.env, { TZ: "Pacific/Chatham", LANG: "de_DE.UTF-8" });
  process.chdir(dir);
  const RealDate = globalThis.Date;
  globalThis.Date = laterDate();
  try {
    return await subject.run(sample, { given });
  } finally {
    globalThis.Date = RealDate;
    process.chdir(cwd);
    restore({ TZ, LANG });
    await rm(dir, { recursive: true, force: true });
  }
}

function restore(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** A year and some later; it goes on from there. */
const laterMs = 400 * 24 * 3_600_000 + 12_345_678;

function laterDate(): DateConstructor {
  return new Proxy(Date, {
    construct: (target, parameters, newTarget) =>
      Reflect.construct(target, parameters.length > 0 ? parameters : [target.now() + laterMs], newTarget),
    get: (target, property, receiver) =>
      property === "now" ? () => target.now() + laterMs : Reflect.get(target, property, receiver),
  });
}

/** The same inputs in files by the names that workers give them. */
export async function copyInputs(step: AnyStep, given: AnyGiven, dir: string): Promise<AnyGiven> {
  const folder = join(dir, "inputs");
  await mkdir(folder);
  const copies: Record<string, AnyGiven[string]> = {};
  for (const [input, { facts, path }] of Object.entries(given)) {
    const to = join(folder, `${input}.${step.consumes[input].payload?.extension ?? "bin"}`);
    if (path) await copyFile(path, to);
    copies[input] = path ? { facts, path: to } : { facts };
  }
  return copies;
}
