// What a program is told and what it may say; docs/command-steps.md describes the same for its authors.
import {
  type ErrorCode,
  errorCatalogue,
  errorCodes,
  isOneKind,
  type OwnError,
  type PermanentCode,
  PermanentError,
  StepError,
} from "@segue/contracts";
import { z } from "zod";
import type { Inputs, StepContext, StepDefinition } from "../define-step.ts";

export const protocolVersion = 1;

/** Longest line that a program may write, in bytes. */
export const maxLineBytes = 2 ** 20;
/** Most that it may write to stdout in one attempt, in bytes. */
export const maxStdoutBytes = 8 * 2 ** 20;
const shownChars = 200;

const permanentCodes = errorCodes.filter(isPermanent);

function isPermanent(code: ErrorCode): code is PermanentCode {
  return errorCatalogue[code].family === "permanent";
}

const ProgramMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("result"), facts: z.json() }),
  z.strictObject({
    type: z.literal("error"),
    code: z.string(),
    message: z.string().min(1).max(2_000),
  }),
  z.strictObject({ type: z.literal("checkpoint"), state: z.json() }),
  z.strictObject({
    type: z.literal("log"),
    level: z.enum(["debug", "info", "warn"]).default("info"),
    message: z.string(),
    fields: z.record(z.string(), z.json()).default({}),
  }),
]);

type Written = z.infer<typeof ProgramMessage>;
/** One line that a program wrote. */
export type ProgramMessage =
  | Exclude<Written, { type: "error" }>
  | { readonly type: "error"; readonly error: PermanentError };
/** How it says that it is done. */
export type ProgramAnswer = Extract<ProgramMessage, { type: "result" | "error" }>;

/** The request: one line of JSON. */
export function renderRequest(
  step: Pick<StepDefinition, "name" | "version" | "params" | "consumes" | "produces" | "budget">,
  inputs: Inputs<StepDefinition["consumes"]>,
  {
    outputPath,
    outputPaths,
    scratchDir,
    resumed,
  }: Pick<StepContext, "outputPath" | "outputPaths" | "scratchDir" | "resumed">,
): string {
  const given = Object.entries(inputs).map(([name, { kind, facts, path, sizeBytes }]) => [
    name,
    { kind, facts, path: path || null, sizeBytes },
  ]);
  const request = {
    protocol: protocolVersion,
    step: step.name,
    version: step.version,
    params: step.params,
    inputs: Object.fromEntries(given),
    outputPath: outputPath || null,
    ...(isOneKind(step.produces) ? {} : { outputPaths: orNull(outputPaths) }),
    scratchDir,
    budget: step.budget,
    resume: resumed && { state: resumed.state },
  };
  return `${JSON.stringify(request)}\n`;
}

function orNull(paths: Readonly<Record<string, string>>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(paths).map(([output, path]) => [output, path || null]));
}

/** A step whose program writes: its own errors are codes too. */
export interface Speaker {
  readonly name: string;
  readonly errors?: readonly OwnError[];
}

function catalogueCode(code: string): PermanentCode | undefined {
  return permanentCodes.find((known) => known === code);
}

/**
 * Parses a line; undefined for an empty one.
 * @throws {StepError} `invalid-output`, with what was expected and what came.
 */
export function parseLine({ name: step, errors = [] }: Speaker, line: Buffer): ProgramMessage | undefined {
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line).trim();
    if (text === "") return undefined;
    value = JSON.parse(text);
  } catch (cause) {
    throw violation(step, `expected a line of JSON in UTF-8 on stdout, got ${show(line)}`, cause);
  }
  const parsed = ProgramMessage.safeParse(value);
  if (parsed.success) {
    const message = parsed.data;
    if (message.type !== "error") return message;
    const what = errors.find(({ code }) => code === message.code) ?? catalogueCode(message.code);
    if (what) return { type: "error", error: new PermanentError(what, message.message) };
    const codes = [...permanentCodes, ...errors.map(({ code }) => code)].join(", ");
    throw violation(step, `code: expected one of ${codes}, got ${show(line)}`);
  }
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "message"}: ${message}`);
  const expected = 'expected {"type":"result"|"error"|"checkpoint"|"log", ...} with that type\'s fields';
  throw violation(step, `${expected}, got ${show(line)} (${issues.join("; ")})`, parsed.error);
}

/** A program that breaks the protocol does so again. */
export function violation(step: string, text: string, cause?: unknown): StepError {
  return new StepError("invalid-output", `${step}: ${text}`, { cause });
}

function show(line: Buffer): string {
  const text = line.subarray(0, shownChars).toString("utf8");
  return JSON.stringify(line.length > shownChars ? `${text}…` : text);
}
