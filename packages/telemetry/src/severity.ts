/** Levels of lines by how grave they are, and what Cloud Logging calls them. */
const severities: Readonly<Record<string, string>> = {
  trace: "DEFAULT",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
  fatal: "CRITICAL",
};

/** The least grave first. */
export const logLevels: readonly string[] = Object.keys(severities);

export function severityOf(level: string): string {
  return severities[level] ?? "DEFAULT";
}

/** Undefined: no line of ours has it. */
export function levelOf(severity: string): string | undefined {
  return logLevels.find((level) => severityOf(level) === severity);
}
