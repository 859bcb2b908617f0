import { TrackId, TrackState } from "@segue/contracts";
import { InvalidArgumentError, Option } from "commander";

/** Names, separated by commas. */
export function parseList(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

export const targetsOption = [
  "--targets <names>",
  "targets, separated by commas (default: all that are not made by name only)",
  parseList,
] as const;
export const forceOption = [
  "--force <steps>",
  "steps to run although their results are there",
  parseList,
] as const;

export function stateOption(): Option {
  return new Option("--state <state>", "only tracks in this state").choices(TrackState.options);
}

export function parseTrackId(text: string): string {
  if (TrackId.safeParse(text).success) return text;
  throw new InvalidArgumentError(`expected a track id (UUID version 7), got "${text}"`);
}

export function parseDate(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError(
      `expected a date such as 2026-11-01 or 2026-11-01T12:00:00Z, got "${text}"`,
    );
  }
  return date;
}
