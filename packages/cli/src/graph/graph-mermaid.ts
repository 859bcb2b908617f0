import { type ChainGraph, formatNeeds } from "./describe-chain.ts";

/** The chain as a Mermaid flowchart: what Markdown on GitHub and elsewhere draws by itself. */
export function renderGraphMermaid({ steps }: ChainGraph): string {
  const ids = new Map(steps.map((step, i) => [step.produces.name, `s${i}`]));
  const lines = ["flowchart LR", '  master(["master"])'];
  for (const step of steps) {
    const id = ids.get(step.produces.name);
    const label = `${step.name} v${step.version}<br/>${formatNeeds(step)}`;
    lines.push(`  ${id}["${label}"]${step.produces.retention === "derivative" ? ":::kept" : ""}`);
  }
  for (const step of steps) {
    for (const kind of step.consumes) {
      // A dotted line for what is read but does not set the step off.
      const arrow = step.triggers.includes(kind) ? "-->" : "-.->";
      lines.push(`  ${ids.get(kind) ?? "master"} ${arrow}|${kind}| ${ids.get(step.produces.name)}`);
    }
  }
  lines.push("  classDef kept stroke-width:3px");
  return lines.join("\n");
}
