import type { CatalogPlan, PlannedStep } from "@segue/plan";
import Table from "cli-table3";

/** What nodes cost per hour, in whatever currency; undefined: not asked for. */
export interface Prices {
  readonly perVcpuHour: number | undefined;
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
  const priced = prices.perVcpuHour !== undefined || prices.perGpuHour !== undefined;
  const columns = ["CPU each", "CPU", ...(onGpu ? ["GPU each", "GPU"] : []), ...(priced ? ["cost"] : [])];
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
      ...(priced ? [formatCost(step, prices)] : []),
    ]);
  }
  return [...head, table.toString(), describeTotal(plan, prices, priced)].join("\n");
}

function describeTotal(plan: CatalogPlan, prices: Prices, priced: boolean): string {
  const { steps, cpuSec, gpuSec } = plan;
  const unknown = steps.filter((step) => step.cpuSec === null || step.gpuSec === null);
  const unpriced = [
    ...(prices.perVcpuHour === undefined && cpuSec > 0 ? ["CPU"] : []),
    ...(prices.perGpuHour === undefined && gpuSec > 0 ? ["GPU"] : []),
  ];
  return [
    `in all ${formatTime(cpuSec)} of CPU`,
    ...(gpuSec > 0 ? [`${formatTime(gpuSec)} of GPU`] : []),
    ...(priced ? [formatCost(plan, prices)] : []),
    ...(priced && unpriced.length > 0 ? [`without the price of ${unpriced.join(" and ")}`] : []),
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
  { perVcpuHour = 0, perGpuHour = 0 }: Prices,
): string {
  if (cpuSec === null || gpuSec === null) return "unknown";
  return ((cpuSec / 3_600) * perVcpuHour + (gpuSec / 3_600) * perGpuHour).toFixed(2);
}
