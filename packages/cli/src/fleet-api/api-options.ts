import { InvalidArgumentError, Option } from "commander";

/** `--api`, for every command that asks a running fleet. */
export function apiOption(): Option {
  return new Option("--api <url>", "the fleet's API").default("http://127.0.0.1:8080").argParser((text) => {
    if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
    throw new InvalidArgumentError("expected an http:// or https:// URL.");
  });
}

export function limitOption(tracks: number): Option {
  return new Option("--limit <number>", "how many tracks to look at, newest first")
    .default(tracks)
    .argParser((text) => {
      if (/^\d+$/.test(text) && Number(text) >= 1) return Number(text);
      throw new InvalidArgumentError("expected a number from 1.");
    });
}

export const apiCodes = {
  succeeded: "shown",
  unreachable: "the API could not be reached, or answered with something else",
};
