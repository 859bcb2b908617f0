/** What any program needs to start, find its libraries and write its scratch files, in words of the system. */
const passedOn: ReadonlySet<string> = new Set([
  ...["PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"],
  ...["SYSTEMROOT", "WINDIR", "PATHEXT", "COMSPEC"],
]);

/**
 * This process's environment without all that is its own business: credentials, addresses, settings. A child that
 * reads a stranger's file, and may be taken over by it, finds nothing there to take.
 */
export function minimalEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const passed = Object.entries(env).filter(([name]) => {
    const upper = name.toUpperCase();
    return passedOn.has(upper) || upper.startsWith("LC_");
  });
  return Object.fromEntries(passed.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
