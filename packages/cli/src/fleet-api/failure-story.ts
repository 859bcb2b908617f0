import type { AttemptReport, DeadLetterReport, TrackHistory, TrackResource } from "@segue/contracts";
import { formatLatency, printable } from "@segue/wording";

/** A failed step with everything that is known of how it came to it. */
export type FailureStory = TrackResource["steps"][number] & {
  readonly attempts: readonly AttemptReport[];
  readonly deadLetters: readonly DeadLetterReport[];
};

export function tellFailures(
  track: TrackResource,
  { attempts, deadLetters }: Pick<TrackHistory, "attempts" | "deadLetters">,
): FailureStory[] {
  return track.steps
    .filter(({ error }) => error !== null)
    .map((step) => ({
      ...step,
      attempts: attempts.filter((attempt) => attempt.step === step.step),
      deadLetters: deadLetters.filter((letter) => letter.step === step.step),
    }));
}

/** What happened, what it means, what to do; then every attempt, and what the dead letters tell. */
export function renderStory({ step, error, attempts, deadLetters }: FailureStory): string {
  const head = error
    ? [`${step}: ${error.code}`, `  ${printable(error.message)}`, `  ${error.meaning}`, `  ${error.remedy}`]
    : [];
  return [...head, ...attempts.flatMap(renderAttempt), ...deadLetters.flatMap(renderLetter)].join("\n");
}

function renderAttempt(report: AttemptReport): string[] {
  const { attempt, version, model, status, how, error, address, inputs } = report;
  const made = error ? `${error.code}: ${printable(error.message)}` : status;
  const by = model ? `version ${version}, model ${model.name} ${model.version}` : `version ${version}`;
  const from = Object.entries(inputs ?? {}).map(([input, at]) => `${input} ${at}`);
  return [
    "",
    `  ${attempt.startedAt}  ${how ?? "given up"} by ${printable(attempt.worker)}, delivery ${attempt.deliveryAttempt}, ` +
      `${formatLatency(attempt.durationMs)}, ${by}`,
    `    ${made}`,
    `    at ${address}`,
    ...from.map((input) => `    from ${input}`),
  ];
}

function renderLetter({ at, code, message, story }: DeadLetterReport): string[] {
  const entries = story.map(
    ({ at, worker, error }) => `    ${at}  ${printable(worker)}  ${error.code}: ${printable(error.message)}`,
  );
  return ["", `  dead letter of ${at}: ${code}: ${printable(message)}`, ...entries];
}
