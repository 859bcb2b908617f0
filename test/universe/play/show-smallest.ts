import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Breach } from "../law/breach.ts";
import { minimise } from "./minimise.ts";
import type { Plan } from "./plan.ts";
import { type Play, playSeed } from "./play-seed.ts";

/** The end of a trace, which is looked at first. */
const shownLines = 40;

/** Prints the least that breaks the same law, and how it came to it. */
export async function showSmallest(seed: number, plan: Plan, breach: Breach, play: Play): Promise<void> {
  const smallest = await minimise(plan, breach, (smaller) =>
    playSeed(seed, smaller, { ...play, keepTrace: false }),
  );
  const { trace } = await playSeed(seed, smallest.plan, { ...play, keepTrace: true });
  const { faults, errands, troubles, listingLagMs, distanceMs } = smallest.plan;
  const often = Object.fromEntries(Object.entries(troubles).filter(([, share]) => share > 0));
  const file = join(tmpdir(), `universe-seed-${seed}.trace`);
  writeFileSync(file, `${trace.join("\n")}\n`);
  console.log(
    `smallest of ${smallest.tries} tries${smallest.isSmallest ? "" : " (not all could be made)"}: ${smallest.breach.message}`,
  );
  for (const item of [...errands, ...faults].toSorted((a, b) => a.atMs - b.atMs))
    console.log(`  ${JSON.stringify(item)}`);
  console.log(
    `  troubles ${JSON.stringify(often)}, listings late by ${Math.round(listingLagMs)} ms, calls take ${distanceMs} ms one way`,
  );
  const about = linesAbout(trace, smallest.breach);
  console.log(`what it speaks of, and the last ${shownLines} of ${trace.length} lines; all are in ${file}`);
  console.log(about.map((line) => `  | ${line}`).join("\n"));
}

/** Ids of tracks and requests, and addresses; messages by their numbers. */
const ids = /[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}/g;
const messages = /(?<=message )\d+/g;

/** Lines that name what the breach names, or tell of a fault; and the end. */
export function linesAbout(trace: readonly string[], { message }: Breach): string[] {
  const names = message.match(ids) ?? [];
  const told = (message.match(messages) ?? []).map(
    (id) => new RegExp(` (gets|of|published|confirmed) ${id}( |$)`),
  );
  const isAbout = (line: string) =>
    / fault: | is killed| runs out at /.test(line) ||
    names.some((name) => line.includes(name)) ||
    told.some((form) => form.test(line));
  return trace.filter((line, index) => index >= trace.length - shownLines || isAbout(line));
}
