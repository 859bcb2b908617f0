import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** How a service is started: from a module, by its name and that of the fleet's. */
export interface ServiceProgram {
  readonly file: string;
  readonly fleetUrl: string;
  readonly endWithParent?: string;
  readonly env: Readonly<Record<string, string>>;
}

/** @param buildDir what `npm run build` has made, to be started from. */
export function programOf(fleetUrl: string, buildDir: string | undefined): ServiceProgram {
  if (buildDir === undefined) {
    const file = fileURLToPath(new URL("./service-main.ts", import.meta.resolve("@segue/host")));
    return { file, fleetUrl, env: {} };
  }
  const urlOf = (name: string) => pathToFileURL(join(buildDir, name)).href;
  return {
    file: join(buildDir, "built-service.js"),
    fleetUrl: urlOf("segue.config.js"),
    endWithParent: urlOf("end-with-parent.js"),
    // What was compiled of the build lies in it.
    env: { NODE_COMPILE_CACHE: join(buildDir, "compiled") },
  };
}
