import type { RunningFleet } from "@segue/launcher";

/** What a program beside the fleet needs to know of it: where its cloud is, and who gives leave to compute. */
const shownVariables = [
  "SEGUE_FLEET_ID",
  "GOOGLE_CLOUD_PROJECT",
  "PUBSUB_EMULATOR_HOST",
  "SEGUE_GCS_ENDPOINT",
  "SEGUE_PREFIX",
  "SEGUE_BUCKET_PREFIX",
  "DATABASE_URL",
  "SEGUE_CPU_SLOTS_SOCKET",
] as const;

/** The variables of a fleet that can be shown: a URL with a password in it only where the fleet made it up; one that was
 * given is known. */
export function shownEnvironment({
  apiUrl,
  env,
  ownParts,
}: Pick<RunningFleet, "apiUrl" | "env" | "ownParts">): Record<string, string> {
  const shown: Record<string, string> = { SEGUE_API: apiUrl };
  for (const name of shownVariables) {
    const value = env[name];
    if (value && (ownParts.includes(name) || !URL.parse(value)?.password)) shown[name] = value;
  }
  return shown;
}

/** As lines that a POSIX shell takes. */
export function renderEnvironment(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${quote(value)}`)
    .join("\n");
}

/** A word of a POSIX shell's command line. */
export function quote(value: string): string {
  return /^[\w./:@,+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
