/** A table in Markdown. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Median and maximum, in s; empty where there is nothing. */
export function formatSpread(valuesMs: readonly number[]): [string, string] {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const text = (ms: number | undefined) => (ms === undefined ? "" : `${(ms / 1000).toFixed(2)} s`);
  return [text(sorted[Math.floor(sorted.length / 2)]), text(sorted.at(-1))];
}
