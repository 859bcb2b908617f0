import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describePermissions, type Permission } from "@segue/fleet-spec/permissions";
import type { DoorsFile } from "@segue/local-cloud/doors";
import { findFreePort } from "@segue/local-cloud/free-port";
import type { Fleet } from "@segue/step";
import { readPrefix } from "./config.ts";
import { possibleNamings } from "./find-naming.ts";
import { type CloudEnv, cloudParts, projectOf } from "./start-local-cloud.ts";

export interface DoorOptions {
  /** File that takes all that services ask of queue and storage, a line each: it grows with everything they do. */
  readonly accessLog?: string;
  /** What of its permissions a service is to go without. */
  withhold?(service: string, permission: Permission): boolean;
}

/** A door to queue and storage for each service. */
export interface Doors {
  /** For the servers that open them. */
  readonly file: string;
  /** Where a service finds the parts of the cloud that have doors. */
  envOf(service: string): Partial<CloudEnv>;
}

/**
 * Says who may come in where, before the local cloud starts: one that is started again opens the same doors. Which buckets a fleet has is only known
 * then: it is granted those that it may have.
 */
export async function planDoors(
  dataDir: string,
  fleet: Fleet,
  given: Readonly<Record<string, string>>,
  { accessLog, withhold = () => false }: DoorOptions,
): Promise<Doors> {
  const permissions = possibleNamings(given, projectOf(given), readPrefix(given)).map((naming) =>
    describePermissions(fleet, naming, { ...process.env, ...given }),
  );
  const plan = [...fleet.services.keys()].map(async (identity) => {
    const grants = permissions
      .flatMap((each) => each.get(identity) ?? [])
      .filter((permission) => !withhold(identity, permission));
    return { identity, ports: { gcs: await findFreePort(), pubsub: await findFreePort() }, grants };
  });
  const doors = await Promise.all(plan);
  const file = join(dataDir, "doors.json");
  const content: DoorsFile = { doors, ...(accessLog === undefined ? {} : { accessLog }) };
  await writeFile(file, JSON.stringify(content));
  const portsOf = new Map(doors.map(({ identity, ports }) => [identity, ports]));
  return {
    file,
    envOf(service) {
      const ports = portsOf.get(service);
      if (!ports) throw new Error(`there is no door for ${service}`);
      const addresses = cloudParts.flatMap(({ name, variable, address }) =>
        name === "postgres" || given[variable] ? [] : [[variable, address(ports[name])] as const],
      );
      return Object.fromEntries(addresses);
    },
  };
}
