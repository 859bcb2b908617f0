import { formatColumns } from "../format-columns.ts";
import { type ChainGraph, formatNeeds } from "./describe-chain.ts";

/** The chain as a table: a step a line, each after all that it depends on. */
export function renderGraphText({ steps, targets, defaultTargets }: ChainGraph): string {
  const head = ["STEP", "VERSION", "SERVICE", "CONSUMES", "PRODUCES", "KEPT", "BUDGET"];
  const rows = steps.map((step) => [
    step.name,
    String(step.version),
    step.service,
    step.consumes.join(", "),
    step.produces.map(({ name }) => name).join(", "),
    step.produces.map(({ retention }) => (retention === "derivative" ? "yes" : "no")).join(", "),
    formatNeeds(step),
  ]);
  const byName = targets.filter((target) => !defaultTargets.includes(target));
  return [
    formatColumns([head, ...rows]),
    "",
    `targets: ${defaultTargets.join(", ")}`,
    ...(byName.length > 0 ? [`only by name: ${byName.join(", ")}`] : []),
  ].join("\n");
}
