import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { KnownRequest } from "./known-request.ts";
import type { AttemptRow } from "./rows.ts";

/**
 * Requests as they would be made today: what is a rendering now (see `Chain.replacementOf`) is waited for no more. A step of it that had
 * succeeded before is wanted still, by whoever asked for it first, and shows what it made; a replay does not wait for it again.
 */
export function withoutReplaced(
  requests: readonly KnownRequest[],
  attempts: readonly AttemptRow[],
  chain: Chain<StepSpec>,
): readonly KnownRequest[] {
  const made = new Set(attempts.flatMap(({ step, status }) => (status === "succeeded" ? [step] : [])));
  return requests.map((request) => {
    const { cause, targets, wants, force } = request;
    const isPresent = (step: string) => chain.replacementOf(step) === undefined;
    const isWanted = (step: string) => isPresent(step) || (cause !== "replay" && made.has(step));
    if (wants.every(isPresent) && targets.every(isPresent)) return request;
    return {
      ...request,
      wants: wants.filter(isWanted),
      force: force.filter(isPresent),
      targets: targets.flatMap((target) => (isWanted(target) ? [target] : chain.presentTargets([target]))),
    };
  });
}
