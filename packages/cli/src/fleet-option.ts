import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { projectFleetUrl } from "@segue/launcher/project-fleet";

/**
 * The module that `--fleet` names, by a path relative to where the user is or, as launchers pass it on, by a `file:` URL;
 * the project's own fleet if it names none.
 */
export function fleetUrlOf(file: string | undefined, cwd: string): string {
  if (file === undefined) return projectFleetUrl;
  return file.startsWith("file:") ? file : pathToFileURL(resolve(cwd, file)).href;
}

export const fleetOption = [
  "--fleet <file>",
  "module that exports the fleet (default: segue.config.ts)",
] as const;
