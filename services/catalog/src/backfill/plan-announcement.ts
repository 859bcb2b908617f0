import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { PlannedTrack, Reason } from "@segue/plan";

/** What is announced of a track so that its targets are reached. */
export interface Announcement {
  /** In the chain's order: what runs, all that it needs, and what the track did not want before. */
  readonly steps: readonly string[];
  readonly force: readonly string[];
  /** Steps whose result was made, and is gone. */
  readonly rebuild: readonly string[];
  /** Why each step that runs does. */
  readonly runs: Readonly<Record<string, Reason>>;
  /** The version of each step that it was planned with: what an older worker makes is not what was asked for. */
  readonly versions: Readonly<Record<string, number>>;
  /** What the track wants from now on; undefined where that is what it wants already. */
  readonly widened: { readonly targets: readonly string[]; readonly wants: readonly string[] } | undefined;
}

/** Undefined where nothing is to be done. @param targets what every track is to have. */
export function planAnnouncement(
  chain: Chain<StepSpec>,
  { plan, targets: had, wants }: PlannedTrack,
  targets: readonly string[],
): Announcement | undefined {
  const needed = chain.wantsFor(targets).map(({ name }) => name);
  const added = needed.filter((step) => !wants.includes(step));
  if (plan.runs.size === 0 && added.length === 0) return undefined;
  const touched = [...plan.runs.keys(), ...added].map((name) => chain.step(name));
  const path = new Set(touched.flatMap((step) => [step, ...chain.ancestorsOf(step)]));
  const because = (reason: string) => [...plan.runs].flatMap(([step, why]) => (why === reason ? [step] : []));
  const widened = {
    targets: [...new Set([...had, ...targets])],
    wants: [...new Set([...wants, ...added])],
  };
  const steps = chain.steps.filter((step) => path.has(step));
  return {
    steps: steps.map(({ name }) => name),
    runs: Object.fromEntries(plan.runs),
    versions: Object.fromEntries(steps.map(({ name, version }) => [name, version])),
    force: because("forced"),
    rebuild: because("expired"),
    widened: added.length > 0 ? widened : undefined,
  };
}
