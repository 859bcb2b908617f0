/**
 * Doors: further ports of a local server, each for one identity. A server's ordinary port asks nobody who they are; what comes through a door may
 * do what its identity is granted, and is refused anything else in the cloud's own words.
 */

/** A permission by Google's name, on buckets by name, or on topics, subscriptions, snapshots and projects as `projects/P/topics/T`. */
export interface Grant {
  readonly permission: string;
  /** One that ends in `*` stands for all that begin so. */
  readonly resource: string;
  /** Of these, what it is not for; of the same form. */
  readonly except?: string | undefined;
}

/** Whose a port is, and what comes through it may do. */
export interface DoorSpec {
  readonly identity: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly grants: readonly Grant[];
}

/** A question that was asked at a door, and its answer: what the cloud calls a data access audit log has the same. */
export interface Access {
  readonly identity: string;
  readonly permission: string;
  readonly resource: string;
  /** The object's name, where one was asked for. */
  readonly object?: string;
  /** The resource of the grant that allows it; null where it was refused. */
  readonly grantedBy: string | null;
}

export type AccessSink = (access: Access) => void;

export class Door {
  readonly identity: string;
  readonly #grants = new Map<string, Grant[]>();
  readonly #onAccess: AccessSink;

  constructor({ identity, grants }: Pick<DoorSpec, "identity" | "grants">, onAccess: AccessSink = () => {}) {
    this.identity = identity;
    this.#onAccess = onAccess;
    for (const grant of grants)
      this.#grants.set(grant.permission, [...(this.#grants.get(grant.permission) ?? []), grant]);
  }

  /** Whether it is granted, without a use of it. */
  has(permission: string, resource: string): boolean {
    return this.#find(permission, resource) !== undefined;
  }

  /** Whether somebody who asks for it now may have it. */
  may(permission: string, resource: string, object?: string): boolean {
    const grantedBy = this.#find(permission, resource)?.resource ?? null;
    const { identity } = this;
    this.#onAccess({ identity, permission, resource, ...(object ? { object } : {}), grantedBy });
    return grantedBy !== null;
  }

  #find(permission: string, resource: string): Grant | undefined {
    return this.#grants
      .get(permission)
      ?.find(
        (grant) =>
          matches(grant.resource, resource) &&
          !(grant.except !== undefined && matches(grant.except, resource)),
      );
  }
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
