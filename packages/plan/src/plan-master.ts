import type { Chain } from "@segue/chain";
import { kindsOf, type StepSpec } from "@segue/contracts";

/**
 * What is known of an artifact of a kind for one master, at the address that the chain at hand gives it:
 *
 * - `present`: it is there;
 * - `expired`: it was made, but is an intermediate, which nobody keeps;
 * - `failed`: its step has failed there for good;
 * - `outdated`: nothing is there, but an artifact of the kind is at another address: version, params, model or inputs differ;
 * - `missing`: there is none of the kind.
 */
export type ArtifactState = "present" | "expired" | "failed" | "outdated" | "missing";

/** Why a step would run. `version`: what it makes, or what it is made from, is made differently now. */
export type Reason = "missing" | "expired" | "version" | "forced";

/** What would happen for one master. */
export interface MasterPlan {
  /** In the chain's order. */
  readonly runs: ReadonlyMap<string, Reason>;
  /** Targets that can't be reached, because a step that they need is known to fail. */
  readonly unreachable: readonly string[];
}

/**
 * Bottom-up, as the fleet does it: from each target to the nearest artifacts that are there. An intermediate that is gone is made
 * again only where a step that runs needs it. A step with several outputs runs where one of those that are needed is not there.
 *
 * @param stateOf the state of an artifact, by its kind.
 * @param forced names of steps that run although their artifact is there, where a target needs them.
 * @throws {ChainError} if a target is unknown.
 */
export function planMaster(
  chain: Chain<StepSpec>,
  targets: readonly string[],
  stateOf: (kind: string) => ArtifactState,
  forced: ReadonlySet<string> = new Set(),
): MasterPlan {
  const wanted = chain.wantsFor(targets);
  const runs = new Map<string, Reason>();
  /** False: the kind's step is known to fail, or one that it needs is. Nobody's kind is there. */
  const reach = (kind: string): boolean => {
    const step = chain.producerOf(kind);
    if (!step) return true;
    const state = stateOf(kind);
    const isForced = forced.has(step.name);
    if (state === "failed" && !isForced) return false;
    if (runs.has(step.name)) return true;
    if (state === "present" && !isForced) return true;
    const inputs = Object.values(step.consumes).map(({ name }) => name);
    if (!inputs.map(reach).every(Boolean)) return false;
    runs.set(step.name, isForced ? "forced" : reasonFor(state));
    return true;
  };
  // Forced steps that a present target hides run as well.
  for (const step of wanted) if (forced.has(step.name)) for (const { name } of kindsOf(step)) reach(name);
  const unreachable = targets.filter((target) => !reach(target));
  const inOrder = wanted.flatMap(({ name }) => {
    const reason = runs.get(name);
    return reason === undefined ? [] : [[name, reason] as const];
  });
  return { runs: new Map(inOrder), unreachable };
}

function reasonFor(state: ArtifactState): Reason {
  if (state === "expired") return "expired";
  return state === "outdated" ? "version" : "missing";
}
