import * as pulumi from "@pulumi/pulumi";
import { isReference, type Resource } from "../../packages/infra/src/index.ts";
import { constructors, type Type } from "./constructors.ts";

type Made = ReadonlyMap<string, pulumi.CustomResource>;
type Constructor = new (
  name: string,
  args: object,
  options: pulumi.CustomResourceOptions,
) => pulumi.CustomResource;

/** Makes each resource after those that it needs. @throws {TypeError} where it needs one that is not there. */
export function makeResources(resources: readonly Resource<Type>[]): Made {
  const byName = new Map(resources.map((each) => [each.name, each]));
  const made = new Map<string, pulumi.CustomResource>();
  const make = (name: string): pulumi.CustomResource => {
    const before = made.get(name);
    if (before) return before;
    const resource = byName.get(name);
    if (!resource) throw new TypeError(`${name}: expected a resource of the topology`);
    const { type, args, ignoreChanges, protect } = resource;
    const dependsOn = resource.dependsOn.map(make);
    // The compiler has compared each type's arguments with what its class takes: arguments-fit.ts.
    const Class = constructors[type] as unknown as Constructor;
    const options = { dependsOn, ignoreChanges: [...ignoreChanges], protect };
    const one = new Class(name, resolve(args, make) as object, options);
    made.set(name, one);
    return one;
  };
  for (const { name } of resources) make(name);
  return made;
}

/** With what is only known once it is made in the place of references. */
export function resolveReferences(value: unknown, made: Made): unknown {
  return resolve(value, (name) => {
    const one = made.get(name);
    if (one) return one;
    throw new TypeError(`${name}: expected a resource of the topology`);
  });
}

function resolve(value: unknown, make: (name: string) => pulumi.CustomResource): unknown {
  if (isReference(value)) return outputOf(make(value.resource), value.output);
  if (Array.isArray(value)) return value.map((each) => resolve(each, make));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each, make)]));
}

function outputOf(resource: pulumi.CustomResource, name: string): pulumi.Output<unknown> {
  const output: unknown = Reflect.get(resource, name);
  if (pulumi.Output.isInstance(output)) return output;
  throw new TypeError(`expected a resource with ${name}`);
}
