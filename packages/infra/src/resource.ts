/** What another resource has only when it is there: its id, say, where Google chooses it. */
export interface Reference {
  readonly resource: string;
  readonly output: string;
}

/** A resource as data: what whoever makes it has to be told, and nothing of how. */
export interface Resource<Type extends string = string, Arguments extends object = object> {
  /** As Pulumi's provider of Google Cloud calls it. */
  readonly type: Type;
  /** By which others name it, and Pulumi's state keeps it: one that is renamed is made anew. */
  readonly name: string;
  readonly args: Arguments;
  /** Names of what has to be there before. */
  readonly dependsOn: readonly string[];
  /** Arguments that others change after it is made. */
  readonly ignoreChanges: readonly string[];
  /** It is not deleted, nor replaced, before somebody has said so in as many words. */
  readonly protect: boolean;
}

type Options = Partial<Pick<Resource, "dependsOn" | "ignoreChanges" | "protect">>;

export function resource<const Type extends string, Arguments extends object>(
  type: Type,
  name: string,
  args: Arguments,
  { dependsOn = [], ignoreChanges = [], protect = false }: Options = {},
): Resource<Type, Arguments> {
  return { type, name, args, dependsOn, ignoreChanges, protect };
}

export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && "resource" in value && "output" in value;
}
