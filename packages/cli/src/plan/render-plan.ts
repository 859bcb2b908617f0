import type { CatalogPlan, PlannedStep } from "@segue/plan";
import Table from "cli-table3";

export interface Price {
  /** In whatever currency it was given, per vCPU and hour. */
  readonly perVcpuHour: number;
}

const whole = new Intl.NumberFormat("en");

/** A plan for people: what would run, for how many, why, and at what cost. */
export function renderPlan(plan: CatalogPlan, price: Price | undefined): string {
  const { masters, complete, unreachable, steps } = plan;
  const head = [
    `targets: ${plan.targets.join(", ")}`,
    `${whole.format(masters)} masters: ${whole.format(complete)} complete, ` +
      `${whole.format(masters - complete - unreachable)} lack something, ${whole.format(unreachable)} have failed for good`,
  ];
  if (steps.length === 0) return [...head, "Nothing would run."].join("\n");
  const table = new Table({
    head: ["step", "version", "runs", "why", "CPU each", "CPU", ...(price ? ["cost"] : [])],
    style: { head: [], border: [] },
    colAligns: ["left", "right", "right", "left", "right", "right", "right"],
  });
  for (const step of steps) {
    table.push([
      step.step,
      String(step.version),
      whole.format(step.runs),
      describeReasons(step),
      step.cpuSecEach === null ? "unknown" : `${step.cpuSecEach.toFixed(2)} s`,
      step.cpuSec === null ? "unknown" : formatCpu(step.cpuSec),
      ...(price ? [step.cpuSec === null ? "unknown" : formatCost(step.cpuSec, price)] : []),
    ]);
  }
  const unknown = steps.filter(({ cpuSec }) => cpuSec === null).map(({ step }) => step);
  const total = `in all ${formatCpu(plan.cpuSec)} of CPU${price ? `, ${formatCost(plan.cpuSec, price)}` : ""}`;
  const caveat = unknown.length === 0 ? "" : `, and what ${unknown.join(", ")} will take: never measured yet`;
  return [...head, table.toString(), `${total}${caveat}`].join("\n");
}

function describeReasons({ why }: PlannedStep): string {
  return Object.entries(why)
    .map(([reason, count]) => `${whole.format(count)} ${reason}`)
    .join(", ");
}

function formatCpu(sec: number): string {
  return sec < 3_600 ? `${sec.toFixed(1)} s` : `${whole.format(Math.round(sec / 360) / 10)} h`;
}

function formatCost(cpuSec: number, { perVcpuHour }: Price): string {
  return ((cpuSec / 3_600) * perVcpuHour).toFixed(2);
}
