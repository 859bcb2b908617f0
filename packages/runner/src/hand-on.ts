import { addSpent, type Spent, unknownSpent } from "@segue/artifacts";
import { taskForTheRest } from "./errand.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import type { LongRun } from "./long-run.ts";
import type { Work } from "./work.ts";

/** The budget is nearly spent, the worker drains, or only the joining is left: whoever takes the continuation goes on from the checkpoint. */
export async function handOn(
  parts: HandlerParts,
  work: Work,
  longRun: LongRun,
  spent: Spent,
): Promise<Ending> {
  const checkpoint = await longRun.saveCheckpoint(spent);
  await parts.publisher.task({ type: "Continue", ...taskForTheRest(parts, work.errand), checkpoint });
  parts.log.info({ track: work.errand.request.trackId, address: work.address, checkpoint }, "handed on");
  return "handed-on";
}

/** What an attempt has made that can't go on is there for the one that will. False: it has made nothing. */
export async function keepMade(
  longRun: LongRun,
  what: "pieces" | "checkpoint",
  own: Spent["earlier"][number],
): Promise<boolean> {
  if (!longRun.hasMade(what)) return false;
  const now = { ...unknownSpent, earlier: [own] };
  if (what === "pieces") await longRun.saveShare(now);
  else await longRun.saveCheckpoint(longRun.resumed ? addSpent(longRun.resumed.spent, now) : now);
  return true;
}
