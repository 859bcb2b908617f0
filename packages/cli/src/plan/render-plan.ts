import type { CatalogPlan, PlannedStep } from "@segue/plan";
import { priceOfCpu } from "@segue/plan/list-prices";
import Table from "cli-table3";

/** What nodes cost per hour, in whatever currency; undefined: not known. */
export interface Prices {
  readonly perVcpuHour: number;
  readonly perGpuHour: number | undefined;
}

const whole = new Intl.NumberFormat("en");

/** A plan for people: what would run, for how many, why, and at what cost. */
export function renderPlan(plan: CatalogPlan, prices: Prices): string {
  const { masters, complete, unreachable, steps } = plan;
  const head = [
    `targets: ${plan.targets.join(", ")}`,
    `${whole.format(masters)} ${masters === 1 ? "master" : "masters"}: ${whole.format(complete)} complete, ` +
      `${whole.format(masters - complete - unreachable)} lack something, ${whole.format(unreachable)} have failed for good`,
  ];
  if (steps.length === 0) return [...head, "Nothing would run."].join("\n");
  const onGpu = steps.some(({ gpuSecEach }) => gpuSecEach !== 0);
  const columns = ["CPU each", "CPU", ...(onGpu ? ["GPU each", "GPU"] : []), "cost"];
  const table = new Table({
    head: ["step", "version", "runs", "why", ...columns],
    style: { head: [], border: [] },
    colAligns: ["left", "right", "right", "left", ...columns.map(() => "right" as const)],
  });
  for (const step of steps) {
    table.push([
      step.step,
      String(step.version),
      whole.format(step.runs),
      describeReasons(step),
      formatEach(step.cpuSecEach),
      formatTime(step.cpuSec),
      ...(onGpu ? formatGpu(step) : []),
      formatCost(step, prices),
    ]);
  }
  return [...head, table.toString(), describeTotal(plan, prices)].join("\n");
}

function describeTotal(plan: CatalogPlan, prices: Prices): string {
  const { steps, cpuSec, gpuSec } = plan;
  const unknown = steps.filter((step) => step.cpuSec === null || step.gpuSec === null);
  return [
    `in all ${formatTime(cpuSec)} of CPU`,
    ...(gpuSec > 0 ? [`${formatTime(gpuSec)} of GPU`] : []),
    `at a cost of ${formatCost(plan, prices)}`,
    ...(prices.perGpuHour === undefined && gpuSec > 0 ? ["without that of GPU"] : []),
    ...(unknown.length > 0
      ? [`and what ${unknown.map(({ step }) => step).join(", ")} will take: never measured yet`]
      : []),
  ].join(", ");
}

function describeReasons({ why }: PlannedStep): string {
  return Object.entries(why)
    .map(([reason, count]) => `${whole.format(count)} ${reason}`)
    .join(", ");
}

function formatGpu({ gpuSecEach, gpuSec }: PlannedStep): string[] {
  return gpuSecEach === 0 ? ["-", "-"] : [formatEach(gpuSecEach), formatTime(gpuSec)];
}

function formatEach(sec: number | null): string {
  return sec === null ? "unknown" : `${sec.toFixed(2)} s`;
}

function formatTime(sec: number | null): string {
  if (sec === null) return "unknown";
  return sec < 3_600 ? `${sec.toFixed(1)} s` : `${whole.format(Math.round(sec / 360) / 10)} h`;
}

function formatCost(
  { cpuSec, gpuSec }: Pick<PlannedStep, "cpuSec" | "gpuSec">,
  { perVcpuHour, perGpuHour = 0 }: Prices,
): string {
  if (cpuSec === null || gpuSec === null) return "unknown";
  return (priceOfCpu(cpuSec, perVcpuHour) + (gpuSec / 3_600) * perGpuHour).toFixed(2);
}
