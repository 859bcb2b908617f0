import type { Pool } from "@segue/catalog-db";
import { type Chain, createChain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import { z } from "zod";
import { countStates } from "./count-states.ts";
import { planMaster, type Reason } from "./plan-master.ts";
import { filterTracks, type TrackSelection } from "./track-selection.ts";

export interface PlanRequest extends TrackSelection {
  /** The chain's default targets when left out. */
  readonly targets?: readonly string[] | undefined;
  /** Steps that are to run although their artifact is there. */
  readonly force?: readonly string[] | undefined;
}

/** How often a step would run, why, and at what cost. */
export interface PlannedStep {
  readonly step: string;
  readonly version: number;
  /** Masters for which it would run. */
  readonly runs: number;
  readonly why: Readonly<Partial<Record<Reason, number>>>;
  /** CPU of the step's own work, mean of up to 1,000 attempts that were measured; null: it has never run. */
  readonly cpuSecEach: number | null;
  readonly cpuSec: number | null;
  /** How long a run holds a GPU, by the same attempts; null: it asks for one, and has never run on one. 0: it needs none. */
  readonly gpuSecEach: number | null;
  readonly gpuSec: number | null;
}

/** What `segue make` would do to a catalog. Tracks with the same bytes are one master, and are computed once. */
export interface CatalogPlan {
  readonly targets: readonly string[];
  readonly masters: number;
  /** Masters for which nothing would run. */
  readonly complete: number;
  /** Masters that lack targets which a step that is known to fail stands before. */
  readonly unreachable: number;
  readonly steps: readonly PlannedStep[];
  /** Of all steps whose cost is known. */
  readonly cpuSec: number;
  readonly gpuSec: number;
}

const CostRow = z.object({
  step: z.string(),
  cpu_ms: z.number().nullable(),
  gpu_ms: z.number().nullable(),
});
type Cost = z.infer<typeof CostRow>;

/**
 * Plans over the whole catalog, or a part of it. The database groups masters by what is there of them, so that planning takes as
 * many steps as there are differences: memory does not grow with the catalog. An intermediate counts as expired by its age alone.
 *
 * @throws {ChainError} if a target or a forced step is unknown; whatever the database says.
 */
export async function planCatalog(
  pool: Pool,
  given: Chain<StepSpec>,
  request: PlanRequest = {},
): Promise<CatalogPlan> {
  // What the database answers is read by the chain that asked, should the given one be live.
  const chain = createChain(given.steps);
  const targets = request.targets ?? chain.defaultTargets;
  const forced = new Set((request.force ?? []).map((name) => chain.step(name).name));
  chain.wantsFor(targets);
  const { where, values } = filterTracks(request);
  const groups = await countStates(pool, chain, `select distinct master from tracks ${where}`, values);
  const counts = new Map(chain.steps.map(({ name }) => [name, new Map<Reason, number>()]));
  let [masters, complete, unreachable] = [0, 0, 0];
  for (const group of groups) {
    const plan = planMaster(chain, targets, (kind) => group.states.get(kind) ?? "missing", forced);
    masters += group.masters;
    if (plan.unreachable.length > 0) unreachable += group.masters;
    else if (plan.runs.size === 0) complete += group.masters;
    for (const [step, reason] of plan.runs) {
      const reasons = counts.get(step);
      reasons?.set(reason, (reasons.get(reason) ?? 0) + group.masters);
    }
  }
  const costs = await readCosts(pool, chain);
  const steps = chain.steps.flatMap((step) => planStep(step, counts.get(step.name), costs.get(step.name)));
  const sum = (of: "cpuSec" | "gpuSec") => steps.reduce((total, step) => total + (step[of] ?? 0), 0);
  return { targets, masters, complete, unreachable, steps, cpuSec: sum("cpuSec"), gpuSec: sum("gpuSec") };
}

function planStep(
  { name, version, accelerator }: StepSpec,
  reasons: ReadonlyMap<Reason, number> | undefined,
  cost: Cost | undefined,
): PlannedStep[] {
  const why = Object.fromEntries(reasons ?? []);
  const runs = Object.values(why).reduce((total, count) => total + count, 0);
  if (runs === 0) return [];
  const seconds = (ms: number | null = null) => (ms === null ? null : ms / 1000);
  const cpuSecEach = seconds(cost?.cpu_ms);
  const gpuSecEach = accelerator === "gpu" ? seconds(cost?.gpu_ms) : 0;
  const ofAll = (each: number | null) => (each === null ? null : each * runs);
  return [
    {
      step: name,
      version,
      runs,
      why,
      cpuSecEach,
      cpuSec: ofAll(cpuSecEach),
      gpuSecEach,
      gpuSec: ofAll(gpuSecEach),
    },
  ];
}

/** What an attempt of each step has used; of steps that ask for a GPU, attempts that had one. */
async function readCosts(pool: Pool, chain: Chain<StepSpec>): Promise<ReadonlyMap<string, Cost>> {
  const { rows } = await pool.query(
    `select s.step, mean.cpu_ms, mean.gpu_ms from unnest($1::text[], $2::boolean[]) as s(step, on_gpu),
     lateral (select avg(cpu_ms) as cpu_ms, avg(gpu_ms) as gpu_ms from (
       select cpu_ms, gpu_ms from (
         select cpu_ms, gpu_ms from step_costs c where c.step = s.step
         union all
         -- No index leads to them: only where nothing else tells.
         (select cpu_ms, gpu_ms from step_attempts a
         where a.step = s.step and a.status = 'succeeded' and a.how = 'computed' and not exists (
           select from step_costs c where c.step = s.step and case when s.on_gpu then c.gpu_ms else c.cpu_ms end is not null)
         limit 1000)) known
       where case when s.on_gpu then gpu_ms else cpu_ms end is not null limit 1000) measured) mean`,
    [chain.steps.map(({ name }) => name), chain.steps.map(({ accelerator }) => accelerator === "gpu")],
  );
  const costs = z.array(CostRow).parse(rows);
  return new Map(costs.map((cost) => [cost.step, cost]));
}
