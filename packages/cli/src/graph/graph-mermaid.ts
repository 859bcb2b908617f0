import { type ChainGraph, formatNeeds, isKept, makersOf } from "./describe-chain.ts";

/** The chain as a Mermaid flowchart: what Markdown on GitHub and elsewhere draws by itself. */
export function renderGraphMermaid({ steps }: ChainGraph): string {
  const ids = new Map(steps.map((step, i) => [step.name, `s${i}`]));
  const makers = makersOf({ steps });
  const lines = ["flowchart LR", '  master(["master"])'];
  for (const step of steps) {
    const id = ids.get(step.name);
    const label = `${step.name} v${step.version}<br/>${formatNeeds(step)}`;
    lines.push(`  ${id}["${label}"]${isKept(step) ? ":::kept" : ""}`);
  }
  for (const step of steps) {
    for (const kind of step.consumes) {
      // A dotted line for what is read but does not set the step off.
      const arrow = step.triggers.includes(kind) ? "-->" : "-.->";
      lines.push(`  ${ids.get(makers.get(kind) ?? "") ?? "master"} ${arrow}|${kind}| ${ids.get(step.name)}`);
    }
  }
  lines.push("  classDef kept stroke-width:3px");
  return lines.join("\n");
}
