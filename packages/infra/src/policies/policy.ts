import type { FleetSpec } from "@segue/contracts/fleet-spec";
import type { Settings } from "../settings.ts";
import type { FleetResource } from "../topology.ts";

export interface Examined {
  readonly resources: readonly FleetResource[];
  readonly spec: FleetSpec;
  readonly settings: Settings;
}

/** A rule that every topology keeps, whatever makes it. */
export interface Policy {
  readonly name: string;
  /** What breaks it, a line each. */
  find(examined: Examined): readonly string[];
}

type OfType<T extends FleetResource["type"]> = Extract<FleetResource, { readonly type: T }>;

export function ofType<T extends FleetResource["type"]>(
  { resources }: Examined,
  type: T,
): readonly OfType<T>[] {
  return resources.filter((each): each is OfType<T> => each.type === type);
}

/** What each says of the resources for which there is something to say. */
export function findIn<T extends { readonly name: string }>(
  resources: readonly T[],
  complaints: Readonly<Record<string, (resource: T) => boolean>>,
): string[] {
  return resources.flatMap((resource) =>
    Object.entries(complaints).flatMap(([words, isSo]) =>
      isSo(resource) ? [`${resource.name}: ${words}`] : [],
    ),
  );
}
