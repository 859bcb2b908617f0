import { describeErrors, type ErrorDescription } from "./http-errors.ts";

/** The page that documents every code, as Markdown: `docs/errors.md` is this text. */
export function renderErrorPage(): string {
  const all = describeErrors();
  const outcomes = all.filter((error) => error.kind === "outcome");
  const requests = all.filter((error) => error.kind === "request");
  return `# Errors

Every code that all steps share; \`GET /v1/errors\` serves the same list, and with it the codes that steps of the fleet
have of their own (see [add a step](add-a-step.md)). Codes are open to readers: a younger release, or a step that was added
yesterday, may have more, and every failure carries its family, its meaning and what to do beside its code.

## Outcomes of steps

\`GET /v1/tracks/:id\` shows them per step. Permanent ones end a step at the first
attempt; transient ones are retried a bounded number of times; those of the worker say that its machine or its release is at fault:
the message goes back to the queue, and they are never an outcome.

| code | family | meaning | what to do |
|---|---|---|---|
${outcomes.map((error) => row(error, error.family ?? "")).join("\n")}

## Answers of the API

Problem details (RFC 9457) with the field \`code\`.

| code | HTTP status | meaning | what to do |
|---|---|---|---|
${requests.map((error) => row(error, String(error.status))).join("\n")}
`;
}

function row({ code, meaning, remedy }: ErrorDescription, second: string): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return `| \`${code}\` | ${second} | ${cell(meaning)} | ${cell(remedy)} |`;
}
