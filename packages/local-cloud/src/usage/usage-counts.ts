/** How often something has happened, or how much of it there was, since the server started. */
export interface UsageRow {
  readonly name: string;
  /** What tells it apart from others of its name. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What tells a row apart from all others. */
export function keyOf({ name, labels }: Pick<UsageRow, "name" | "labels">): string {
  return JSON.stringify([name, labels]);
}

/** Over the rows of a name that bear these labels. */
export function sumOf(
  rows: readonly UsageRow[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return rows
    .filter((row) => row.name === name)
    .filter((row) => Object.entries(labels).every(([label, value]) => row.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** What a server's clients would pay for, counted as it is done. */
export class UsageCounts {
  readonly #rows = new Map<string, UsageRow>();

  add(name: string, labels: Readonly<Record<string, string>>, value = 1): void {
    const key = keyOf({ name, labels });
    const before = this.#rows.get(key)?.value ?? 0;
    this.#rows.set(key, { name, labels, value: before + value });
  }

  rows(): UsageRow[] {
    return [...this.#rows.values()];
  }
}
