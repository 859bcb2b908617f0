import { existsSync } from "node:fs";
import { isOneKind, type Kind, outputsOf, type Produces, type ResultOf, StepError } from "@segue/contracts";
import type { Checkpoint, Inputs, StepContext, StepDefinition } from "../define-step.ts";
import { parseFacts } from "../parse-facts.ts";
import { type ProgramAnswer, parseLine, renderRequest, type Speaker, violation } from "./command-protocol.ts";
import { judgeEnd } from "./judge-end.ts";
import type { PreparedCommand } from "./prepare-command.ts";
import { type RunningProgram, startProgram } from "./start-program.ts";

type CommandSpec<C extends Readonly<Record<string, Kind>>, P extends Produces> = Pick<
  StepDefinition<C, P>,
  "name" | "version" | "params" | "consumes" | "produces" | "budget" | "errors"
>;

/** One attempt: starts the program, hears it out, and judges how it ended. */
export async function* runCommand<C extends Readonly<Record<string, Kind>>, P extends Produces>(
  step: CommandSpec<C, P>,
  inputs: Inputs<C>,
  prepared: PreparedCommand,
  context: StepContext,
): AsyncGenerator<Checkpoint, ResultOf<P>, void> {
  const { signal, scratchDir, onSpawn, log, outputPaths } = context;
  if (signal.aborted) throw new StepError("aborted", `${step.name} was told to stop before it began`);
  const request = renderRequest(step, inputs, context);
  const program = startProgram({ step, ...prepared, scratchDir, request, signal, onSpawn });
  try {
    const answer = yield* hear(step, program, context);
    const end = await program.ended;
    if (end.stderr) log.debug({ stderr: end.stderr }, "the program wrote to stderr");
    const rest = end.exitCode === 0 ? parseLine(step, program.lines.takeRest()) : undefined;
    if (end.leftBehind > 0) log.warn({ leftBehind: end.leftBehind }, "killed what the program left behind");
    const facts = parseFacts(step, judgeEnd(step.name, end, answer ?? answerIn(rest)));
    for (const { name, kind } of outputsOf(step))
      if (outputPaths[name] && !existsSync(outputPaths[name]))
        throw violation(step.name, `expected the ${kind.name} at ${placeOf(step, name)}, got no file there`);
    return facts;
  } finally {
    await program.stop(new StepError("aborted", `${step.name} goes on elsewhere`));
  }
}

function placeOf({ produces }: { readonly produces: Produces }, output: string): string {
  return isOneKind(produces) ? "outputPath" : `outputPaths.${output}`;
}

/** Follows a program until it has no more to say; its answer, if it gave one. */
async function* hear(
  step: Speaker,
  program: RunningProgram,
  { log }: StepContext,
): AsyncGenerator<Checkpoint, ProgramAnswer | undefined, void> {
  let answer: ProgramAnswer | undefined;
  for await (const line of program.lines) {
    try {
      const message = parseNext(step, line, answer);
      if (message?.type === "log") log[message.level](message.fields, message.message);
      else if (message?.type === "checkpoint") yield { state: message.state };
      else answer = message ?? answer;
    } catch (thrown) {
      // Its end tells it, with what the program wrote to stderr.
      await program.stop(StepError.from(thrown));
    }
  }
  return answer;
}

function parseNext(step: Speaker, line: Buffer, answer: ProgramAnswer | undefined) {
  const message = parseLine(step, line);
  if (!message || !answer || message.type === "log") return message;
  throw violation(step.name, `expected nothing but logs after its ${answer.type}, got a ${message.type}`);
}

/** Of a last line without its end. */
function answerIn(message: ReturnType<typeof parseLine>): ProgramAnswer | undefined {
  return message?.type === "result" || message?.type === "error" ? message : undefined;
}
