import { appendFileSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Access, AccessSink, DoorSpec } from "./door.ts";

/** The servers that have doors. */
export const doorServers = ["gcs", "pubsub"] as const;
export type DoorServer = (typeof doorServers)[number];

/** What the servers of a local cloud are told of their doors. */
const DoorsFile = z.object({
  doors: z.array(
    z.object({
      identity: z.string().min(1),
      ports: z.record(z.enum(doorServers), z.int().min(0).max(65_535)),
      grants: z.array(
        z.object({ permission: z.string(), resource: z.string(), except: z.string().optional() }),
      ),
    }),
  ),
  /** Takes every access as a line; it grows with each. */
  accessLog: z.string().optional(),
});
export type DoorsFile = Readonly<z.infer<typeof DoorsFile>>;

interface Doors {
  readonly doors: readonly DoorSpec[];
  readonly onAccess: AccessSink;
}

/**
 * A server's doors, as the file of a fleet says them. Where there is none, there are none.
 *
 * @param onDenied told once of each thing that is refused to somebody, however often it is asked for.
 */
export function readDoors(
  file: string | undefined,
  server: DoorServer,
  onDenied: (access: Access) => void,
): Doors {
  if (file === undefined) return { doors: [], onAccess: () => {} };
  const { doors, accessLog } = DoorsFile.parse(JSON.parse(readFileSync(file, "utf8")));
  const told = new Set<string>();
  const tell = (access: Access) => {
    const about = `${access.identity} ${access.permission} ${access.resource}`;
    if (!told.has(about)) onDenied(access);
    told.add(about);
  };
  return {
    doors: doors.map(({ identity, ports, grants }) => ({ identity, port: ports[server], grants })),
    onAccess(access) {
      if (accessLog !== undefined) appendFileSync(accessLog, `${JSON.stringify(access)}\n`);
      if (access.grantedBy === null) tell(access);
    },
  };
}

/** What an access log holds. */
export function readAccesses(accessLog: string): Access[] {
  return readFileSync(accessLog, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Access => JSON.parse(line));
}
