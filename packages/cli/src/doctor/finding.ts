/** What a check of this machine found. Only a problem keeps a fleet from working. */
export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "problem";
  readonly detail: string;
  /** What to do; null if there is nothing to be done. */
  readonly remedy: string | null;
}

export const ok = (check: string, detail: string): Finding => ({ check, state: "ok", detail, remedy: null });

export const warning = (check: string, detail: string, remedy: string): Finding => ({
  check,
  state: "warning",
  detail,
  remedy,
});

export const problem = (check: string, detail: string, remedy: string): Finding => ({
  check,
  state: "problem",
  detail,
  remedy,
});

/** A check that gives what is ok, or throws what is wrong. */
export async function attempt(check: string, remedy: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return ok(check, await work());
  } catch (error) {
    return problem(check, describeError(error), remedy);
  }
}

/** Connections to several addresses fail with an error of errors, which says nothing itself. */
function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.message === "")
    return error.errors.map(describeError).join("; ");
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${describeError(cause)}` : error.message;
}
