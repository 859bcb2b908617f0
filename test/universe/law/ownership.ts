import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { Cloud } from "../world/cloud.ts";
import type { Entry } from "../world/lease.ts";
import type { Report } from "./breach.ts";
import { type Demand, readDemand, readOutcomes } from "./read-message.ts";

/** What has been told of a step for a request. */
interface Told {
  readonly version: number;
  readonly failed: boolean;
}

/** What steps have told of. */
export interface ToldOutcomes {
  /** The highest version that has told of a success for a track; 0 for none. */
  highest(trackId: string, step: string): number;
  /** When the latest attempt began that has not just found a result, by its worker's clock, in ms; 0 for none. */
  workedAtMs(trackId: string, step: string): number;
}

/**
 * Nothing is acked before its effects are stored, and every open request is owned, without any help of the reconciler's: when a
 * step says that it is done with a message, its outcome has been told, or that of somebody before it who has failed, or another
 * message of the request is there that leads to it. So it is with what follows from that: it has been done with the message, or is told of.
 *
 * Whoever takes up a track sends a message for each step that could run, one after the other, and may die in between. What is done
 * with one of them can't lead to a join whose other input has not been asked for: that is nobody's yet, as the track was before. An input that
 * was asked for is not lost by that: whoever acks the last message that leads to it answers for it.
 */
export function watchOwnership(
  { queue, faults }: Pick<Cloud, "queue" | "faults">,
  chain: Chain<StepSpec>,
  report: Report,
): ToldOutcomes {
  const told = new Map<string, Told[]>();
  const highest = new Map<string, number>();
  const workedAtMs = new Map<string, number>();
  const noteMessage = queue.onPublished;
  queue.onPublished = (message) => {
    noteMessage(message);
    for (const { requestId, trackId, step, version, outcome, how, attempt } of readOutcomes(message)) {
      const failed = outcome.status === "failed";
      const key = `${requestId} ${step}`;
      told.set(key, [...(told.get(key) ?? []), { version, failed }]);
      const track = `${trackId} ${step}`;
      if (!failed) highest.set(track, Math.max(version, highest.get(track) ?? 0));
      const beganAtMs = how === "skipped" ? 0 : Date.parse(attempt.startedAt);
      workedAtMs.set(track, Math.max(beganAtMs, workedAtMs.get(track) ?? 0));
    }
  };
  const outcomesOf = ({ requestId }: Demand, step: string) => told.get(`${requestId} ${step}`) ?? [];
  const leadingTo = (step: string) => new Set([step, ...namesOf(chain.ancestorsOf(chain.step(step)))]);

  const isDone = (demand: Demand) => {
    const { goal, versions } = demand;
    if (outcomesOf(demand, goal).some(({ version }) => version >= (versions[goal] ?? 0))) return true;
    return [...leadingTo(goal)].some((step) => outcomesOf(demand, step).some(({ failed }) => failed));
  };

  const noteAck = faults.onAckCalled;
  faults.onAckCalled = (lease) => {
    noteAck(lease);
    const { entry } = lease;
    const demand = readDemand(entry);
    if (!demand?.wants.includes(demand.goal)) return;
    const isOwned = (goal: string) => {
      const of = { ...demand, goal };
      return isDone(of) || isOnItsWay(queue, entry, of, leadingTo(goal));
    };
    const { step, goal, trackId, requestId, wants, force } = demand;
    const following = namesOf(chain.descendantsOf(chain.step(goal)));
    // Of a join, another input that is not there, and that nobody has been asked for.
    const waitsForOthers = (name: string) =>
      inputsApart(chain, name, goal).some((other) => {
        const isThere = highest.has(`${trackId} ${other}`) && !force.includes(other);
        return wants.includes(other) && !isThere && !isOwned(other);
      });
    const ownerless = [goal, ...following.filter((name) => wants.includes(name))].find(
      (name) => !isOwned(name) && !waitsForOthers(name),
    );
    if (ownerless === undefined) return;
    report(
      "every open track is owned",
      `${step} acks message ${entry.message.id} of track ${trackId}, request ${requestId}, and nobody is left to make the result of ${ownerless}`,
    );
  };
  return {
    highest: (trackId, step) => highest.get(`${trackId} ${step}`) ?? 0,
    workedAtMs: (trackId, step) => workedAtMs.get(`${trackId} ${step}`) ?? 0,
  };
}

/** Another message of the request that comes to the same, or to something that it is made of. */
function isOnItsWay(
  { subscriptions }: Cloud["queue"],
  own: Entry,
  { requestId, goal }: Demand,
  leading: ReadonlySet<string>,
): boolean {
  for (const { entries } of subscriptions.values()) {
    for (const entry of entries) {
      const other = entry === own ? undefined : readDemand(entry);
      if (other?.requestId === requestId && leading.has(other.goal) && other.wants.includes(goal))
        return true;
    }
  }
  return false;
}

function namesOf(steps: Iterable<StepSpec>): string[] {
  return [...steps].map(({ name }) => name);
}

/** Steps that one is made of, but for those that another is made of, and what is made of that. */
function inputsApart(chain: Chain<StepSpec>, step: string, from: string): string[] {
  const { ancestorsOf, descendantsOf } = chain;
  const own = chain.step(from);
  const line = new Set([own, ...ancestorsOf(own), ...descendantsOf(own)]);
  return namesOf([...ancestorsOf(chain.step(step))].filter((each) => !line.has(each)));
}
