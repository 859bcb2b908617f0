import { formatColumns } from "../format-columns.ts";
import { type ChainGraph, formatNeeds } from "./describe-chain.ts";

/** The chain as a table: a step a line, each after all that it depends on. */
export function renderGraphText({ steps, targets }: ChainGraph): string {
  const head = ["STEP", "VERSION", "SERVICE", "CONSUMES", "PRODUCES", "KEPT", "BUDGET"];
  const rows = steps.map((step) => [
    step.name,
    String(step.version),
    step.service,
    step.consumes.join(", "),
    step.produces.name,
    step.produces.retention === "derivative" ? "yes" : "no",
    formatNeeds(step),
  ]);
  return `${formatColumns([head, ...rows])}\n\ntargets: ${targets.join(", ")}`;
}
