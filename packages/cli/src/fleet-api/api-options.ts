import { InvalidArgumentError, Option } from "commander";

/** `--api`, for every command that asks a running fleet. Without it `findApi` finds one; there is no default to guess by. */
export function apiOption(): Option {
  const description =
    "the fleet's API (default: SEGUE_API, else the fleet that runs on the data folder here)";
  return new Option("--api <url>", description).argParser((text) => {
    if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
    throw new InvalidArgumentError("expected an http:// or https:// URL.");
  });
}

export function limitOption(tracks: number, meaning = "how many tracks to look at, newest first"): Option {
  return new Option("--limit <number>", meaning).default(tracks).argParser((text) => {
    if (/^\d+$/.test(text) && Number(text) >= 1) return Number(text);
    throw new InvalidArgumentError("expected a number from 1.");
  });
}

export const apiCodes = {
  succeeded: "shown",
  unreachable: "no fleet was found, its API could not be reached, or something else answered",
};
