import { findMachineTrouble, StepError } from "@segue/contracts";
import { type ProgramAnswer, violation } from "./command-protocol.ts";
import type { ProgramEnd } from "./start-program.ts";

const shownStderrChars = 1_000;

/**
 * The facts that a program gave, if it ended as one does that has a result.
 * @throws {StepError} why it was stopped; the program's own error; how it died; `worker-unfit` if the machine lacked something;
 * `invalid-output` if it said nothing.
 */
export function judgeEnd(step: string, end: ProgramEnd, answer: ProgramAnswer | undefined): unknown {
  const { exitCode, exitSignal, stoppedFor } = end;
  if (stoppedFor)
    throw StepError.fromFailure(
      { ...stoppedFor.toFailure(), message: withStderr(stoppedFor.message, end) },
      { cause: stoppedFor },
    );
  if (answer?.type === "error") throw answer.error;
  if (exitSignal !== null) {
    // Nobody here has killed it: the kernel does when memory runs out.
    const code = exitSignal === "SIGKILL" ? "memory-budget-exceeded" : "worker-crashed";
    throw new StepError(code, withStderr(`${step}'s program was ended by ${exitSignal}`, end));
  }
  if (exitCode !== 0) {
    // Programs of any language repeat the system's words; nothing that was worked on has a part in them.
    const trouble = findMachineTrouble(lastWords(end));
    const code = trouble === null ? "step-failed" : "worker-unfit";
    throw new StepError(code, withStderr(`${step}'s program exited with ${exitCode}`, end));
  }
  if (!answer) {
    throw violation(
      step,
      withStderr('expected a line {"type":"result","facts":...}, got none before exit 0', end),
    );
  }
  return answer.facts;
}

/** What it said last, for the story. */
function withStderr(text: string, end: ProgramEnd): string {
  return end.stderr ? `${text}; it said: ${lastWords(end)}` : text;
}

function lastWords({ stderr }: ProgramEnd): string {
  return stderr.slice(-shownStderrChars);
}
