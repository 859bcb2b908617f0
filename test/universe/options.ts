import { parseArgs } from "node:util";
import { type Placed, placed } from "./play/plan.ts";
import { readSeeds } from "./read-seeds.ts";

export const usage = `npm run universe -- --seed N [--hours H] [--trace FILE]      one world, and why it breaks if it does
npm run universe -- --seeds A..B [--hours H] [--workers W]   many worlds
npm run universe -- --kept [--workers W]                     every seed that has ever broken a law
npm run universe -- --plants [--workers W] [--seeds A..B]    finds the bugs that are planted
Add --plant NAME to have a bug planted, --placed economy to have all steps live together, --placed change to have them do so from a
release on, --skew to have the clocks of some machines off by seconds, and of a few by ten minutes, --takedowns to have tracks deleted and masters
taken down at any moment, --loses to have the database lost, and rebuilt from storage or not.`;

export interface Options {
  readonly seeds: readonly number[];
  readonly hours: number;
  readonly workers: number;
  readonly traceFile: string | undefined;
  readonly plant: string | undefined;
  readonly placed: Placed;
  /** Whether the clocks of some machines are off. */
  readonly isSkewed: boolean;
  /** Whether tracks are deleted, and masters taken down. */
  readonly takesDown: boolean;
  /** Whether the database is lost once, with all that is in it. */
  readonly losesDatabase: boolean;
  readonly does: "seeds" | "kept" | "plants";
  /** Whether a seed that breaks a law is made as small as it can be. */
  readonly minimises: boolean;
  /** A file with a cluster to begin with. */
  readonly image: string | undefined;
  /** Prints a line of JSON for every seed, for whoever has started this process. */
  readonly tellsJson: boolean;
}

/** Ten minutes of a fleet that is hardly ever left alone say more than a day of rest. */
const defaultHours = 1 / 6;

/** @throws {TypeError} for what is no option. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      hours: { type: "string" },
      workers: { type: "string" },
      trace: { type: "string" },
      plant: { type: "string" },
      plants: { type: "boolean" },
      kept: { type: "boolean" },
      json: { type: "boolean" },
      image: { type: "string" },
      placed: { type: "string" },
      skew: { type: "boolean" },
      takedowns: { type: "boolean" },
      loses: { type: "boolean" },
    },
  });
  return {
    seeds: readSeeds(values.seeds ?? values.seed ?? (values.plants ? "1..200" : "1")),
    hours: number(values.hours ?? String(defaultHours), /^\d*\.?\d+$/),
    workers: number(values.workers ?? "1", /^[1-9]\d*$/),
    traceFile: values.trace,
    plant: values.plant,
    placed: readPlaced(values.placed ?? "default"),
    isSkewed: values.skew ?? false,
    takesDown: values.takedowns ?? false,
    losesDatabase: values.loses ?? false,
    does: values.plants ? "plants" : values.kept ? "kept" : "seeds",
    minimises: values.json !== true,
    image: values.image,
    tellsJson: values.json ?? false,
  };
}

function readPlaced(text: string): Placed {
  const found = placed.find((each) => each === text);
  if (!found) throw new TypeError(`--placed: expected one of ${placed.join(", ")}, got ${text}\n${usage}`);
  return found;
}

function number(text: string, form: RegExp): number {
  if (!form.test(text)) throw new TypeError(`expected a number, got ${JSON.stringify(text)}\n${usage}`);
  return Number(text);
}
