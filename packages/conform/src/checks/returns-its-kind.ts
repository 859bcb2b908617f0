import assert from "node:assert/strict";
import { describeKind, type Kind, kindOf, type Output, outputsOf } from "@segue/contracts";
import type { AnyStep } from "@segue/step";
import { factsIn } from "@segue/step/attempt";
import type { Check } from "../check.ts";
import { Nonconformance } from "../nonconformance.ts";
import type { Succeeded } from "../run-to-end.ts";

/** What it returns is what its kinds say: here, through JSON, and as those read it who have not the kind's code. */
export const returnsItsKind: Check = {
  title: "it returns what its kind demands, and loses nothing of it on the way",
  async run(subject) {
    for (const sample of subject.samples) {
      const { made } = await subject.reference(sample);
      const problem = outputsOf(subject.step)
        .map((output) => factsProblem(subject.step, output, made) ?? payloadProblem(output, made))
        .find((text) => text !== undefined);
      if (problem) throw new Nonconformance(`sample "${sample.name}": ${problem}`);
    }
    return undefined;
  },
};

function factsProblem(step: AnyStep, { name, kind }: Output, made: Succeeded): string | undefined {
  const [returned, facts] = [made.returned, made.facts].map((result) => factsIn(step, result, name));
  const stored: unknown = JSON.parse(JSON.stringify(facts));
  return (
    unlike(stored, facts, "JSON, in which facts are stored, makes other facts of it") ??
    unlike(kind.facts.safeParse(stored).data, facts, "read again, its facts are others") ??
    unlike(returned, facts, `the kind ${kind.name} has no room for all that it returned`) ??
    describedProblem(kind, stored)
  );
}

function describedProblem(kind: Kind, facts: unknown): string | undefined {
  const read = kindOf(describeKind(kind)).facts.safeParse(facts);
  return read.success ? undefined : `the schema that others have of ${kind.name} refuses it: ${read.error}`;
}

function unlike(actual: unknown, expected: unknown, text: string): string | undefined {
  try {
    // What is absent and what is undefined is the same to JSON.
    assert.deepEqual(withoutUndefined(actual), withoutUndefined(expected));
    return undefined;
  } catch (error) {
    return `${text}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutUndefined(field)]));
}

function payloadProblem(
  { name, kind }: Output,
  { payloads, unfinished, composed }: Succeeded,
): string | undefined {
  const payload = payloads[name] ?? null;
  if (kind.payload === null)
    return composed[name] ? `it composes a payload, and the kind ${kind.name} has none` : undefined;
  const isOnly = Object.keys(payloads).length === 1;
  if (payload === null)
    return `expected a payload at ${isOnly ? "outputPath" : `outputPaths.${name}`}, got no file there`;
  if (unfinished.includes(name)) return "it returned while its payload was still being written";
  const problem = readable.find(({ type }) => type.test(kind.payload?.contentType ?? ""))?.problem(payload);
  return problem && `its payload is no ${kind.payload.contentType}: ${problem}`;
}

/** What a file of a media type has to be at least. */
const readable: readonly {
  readonly type: RegExp;
  readonly problem: (payload: Buffer) => string | undefined;
}[] = [
  { type: /[/+]json$/, problem: (payload) => caught(() => JSON.parse(payload.toString("utf8"))) },
  {
    type: /^text\/|[/+]xml$/,
    problem: (payload) => caught(() => new TextDecoder("utf-8", { fatal: true }).decode(payload)),
  },
  { type: /^audio\/(x-)?wav$/, problem: wavProblem },
  {
    type: /^audio\/mp4$/,
    problem: (payload) =>
      payload.toString("latin1", 4, 8) === "ftyp" ? undefined : "it begins with no ftyp box",
  },
];

function wavProblem(payload: Buffer): string | undefined {
  if (payload.toString("latin1", 0, 4) !== "RIFF" || payload.toString("latin1", 8, 12) !== "WAVE")
    return "it does not begin with RIFF and WAVE";
  const size = payload.indexOf("data", 12, "latin1");
  if (size < 0) return "it has no data";
  const declared = payload.readUInt32LE(size + 4);
  const there = payload.length - size - 8;
  return declared <= there ? undefined : `it declares ${declared} bytes of samples, and ${there} follow`;
}

function caught(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
