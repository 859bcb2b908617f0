import type { AccountSpec, ServiceSpec } from "@segue/contracts/fleet-spec";
import type { FleetParts } from "./fleet-parts.ts";
import { grantsOf } from "./grants.ts";

type Grants = ServiceSpec["grants"];

/** Services of all of a fleet's placements: one that is in several, with other steps in it, may do what it may in any of them. */
export function describeAccounts(parts: Pick<FleetParts, "fleet" | "names" | "topology">): AccountSpec[] {
  const { services, placements } = parts.fleet;
  const accounts = new Map<string, Grants>();
  for (const placed of [...placements.values(), services])
    for (const [name, service] of placed) {
      const grants = grantsOf(parts, name, service);
      const before = accounts.get(name);
      accounts.set(name, before ? joinGrants(before, grants) : grants);
    }
  return [...accounts].map(([name, grants]) => ({ name, grants }));
}

function joinGrants(a: Grants, b: Grants): Grants {
  const buckets = join(
    a.objects.map(({ bucket }) => bucket),
    b.objects.map(({ bucket }) => bucket),
  );
  const objects = [...a.objects, ...b.objects];
  return {
    publish: join(a.publish, b.publish),
    consume: join(a.consume, b.consume),
    listen: join(a.listen, b.listen),
    objects: buckets.map((bucket) => {
      const there = objects.filter((each) => each.bucket === bucket);
      return {
        bucket,
        verbs: join(...there.map(({ verbs }) => verbs)),
        kinds: join(...there.map(({ kinds }) => kinds)),
      };
    }),
    foreignBuckets: a.foreignBuckets ?? b.foreignBuckets,
    database: a.database === "write" ? a.database : (b.database ?? a.database),
  };
}

function join<T>(...lists: readonly (readonly T[])[]): T[] {
  return [...new Set(lists.flat())];
}
