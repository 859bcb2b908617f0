import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** `import`s and `export`s from files beside it; those of types alone too: a circle of them is as hard to follow. */
const fromFile = /^(?:import|export)\s[^;]*?from "(\.[^"]+)"|^import "(\.[^"]+)"/gm;

/** Files of a repository that import each other in circles, each circle once. What is imported as a program runs is no circle. */
export function findImportCircles(root: string): string[][] {
  const files = globSync("{packages,services,test,bench,examples}/**/*.ts", {
    cwd: root,
    exclude: ["**/node_modules/**", "**/dist/**"],
  });
  const known = new Set(files);
  const importsOf = (file: string) =>
    [...readFileSync(join(root, file), "utf8").matchAll(fromFile)]
      .map(([, from, alone]) => join(dirname(file), from ?? alone ?? ""))
      .filter((imported) => known.has(imported));
  return findCircles(new Map(files.map((file) => [file, importsOf(file)])));
}

/** Groups of nodes that can be reached from each other (R. Tarjan, 1972). */
export function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (node: string): number => {
    const own = order.size;
    order.set(node, own);
    lowest.set(node, own);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const reached = order.has(next) ? (stack.includes(next) ? (order.get(next) ?? own) : own) : visit(next);
      lowest.set(node, Math.min(lowest.get(node) ?? own, reached));
    }
    if (lowest.get(node) === own) {
      const group = stack.splice(stack.indexOf(node));
      if (group.length > 1 || graph.get(node)?.includes(node)) circles.push(group.sort());
    }
    return lowest.get(node) ?? own;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return circles;
}
