/** Names under this prefix are Segue's: one that nothing reads is a mistake, not somebody else's. */
const prefix = /^SEGUE_/;
/** What Kubernetes puts into pods for a Service that is called `segue-...`. */
const ofKubernetes = /_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP)(_|$)/;

/** A line for each `SEGUE_` variable that no process of Segue reads, with the nearest that one does. */
export function describeUnknownVariables(env: NodeJS.ProcessEnv, known: readonly string[]): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (!prefix.test(name) || known.includes(name) || isOfKubernetes(name, value)) return [];
    const nearest = findNearest(name, known);
    const hint = nearest === undefined ? "docs/configuration.md lists all" : `did you mean ${nearest}?`;
    return [`${name}: there is no such variable; ${hint}`];
  });
}

/** Of a Service called `segue-api`, Kubernetes' own is in the place of a variable that there is. */
export function isOfKubernetes(name: string, value: string | undefined): boolean {
  return ofKubernetes.test(name) || (name.endsWith("_PORT") && /^(tcp|udp):\/\//.test(value ?? ""));
}

/** The name at the least edit distance; undefined where even that one is another word. */
function findNearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .filter((other) => prefix.test(other))
    .map((other) => ({ other, edits: countEdits(name, other) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  const most = Math.max(2, 0.4 * (name.length - "SEGUE_".length));
  return best && best.edits <= most ? best.other : undefined;
}

/** Levenshtein's distance: insertions, deletions and replacements that turn one into the other. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
