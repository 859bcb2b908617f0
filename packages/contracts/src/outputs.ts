/**
 * What a step makes: an artifact of one kind, or several artifacts in one go, each of a kind of its own.
 *
 * A step of one kind has its artifact at its own address. Of several outputs each has an address that follows from it (`outputAddress`),
 * and at the step's own is the record of all of them: they are there together, or none is. That record's kind is the step's name, which
 * no kind of the chain may have then.
 */
import type { FactsOf, Kind } from "./kind.ts";

/** Output to kind, by names that the step's own code uses. */
export type Outputs = Readonly<Record<string, Kind>>;
export type Produces = Kind | Outputs;

/** What a step says of what it has made: facts, or those of each output. */
export type ResultOf<P extends Produces> = P extends Kind
  ? FactsOf<P>
  : { readonly [Output in keyof P]: P[Output] extends Kind ? FactsOf<P[Output]> : never };

/** The names of several outputs. */
export type OutputOf<P extends Produces> = P extends Kind ? never : keyof P & string;

export interface Output {
  /** As the step's code calls it; the kind's name where there is only one. */
  readonly name: string;
  readonly kind: Kind;
}

type Maker = { readonly name: string; readonly produces: Produces };

/** Of kinds, and of what describes them. */
export function isOneKind<K extends { readonly name: string }>(
  produces: K | Readonly<Record<string, K>>,
): produces is K {
  return typeof produces.name === "string";
}

/** In the order in which the step names them. */
export function outputsOf({ produces }: Pick<Maker, "produces">): readonly Output[] {
  if (isOneKind(produces)) return [{ name: produces.name, kind: produces }];
  return Object.entries(produces).map(([name, kind]) => ({ name, kind }));
}

export function kindsOf(step: Pick<Maker, "produces">): readonly Kind[] {
  return outputsOf(step).map(({ kind }) => kind);
}

/** What decides where an artifact is. */
export type StoredKind = Pick<Kind, "name" | "retention" | "payload">;

/** Of a name that is no kind's, or of none that is known: nothing has a payload there. */
export function withoutPayload(name: string): StoredKind {
  return { name, retention: "derivative", payload: null };
}

/** What is at the step's own address. Of several outputs that is no artifact, but what tells of all of them. */
export function ownArtifactOf({ name, produces }: Maker): StoredKind {
  return isOneKind(produces) ? produces : withoutPayload(name);
}

/** The kind of what is at the step's own address. */
export function ownKindOf(step: Maker): string {
  return ownArtifactOf(step).name;
}

/** Whether a step makes a kind. */
export function makes(step: Pick<Maker, "produces">, kind: string): boolean {
  return kindsOf(step).some(({ name }) => name === kind);
}

/** @throws {TypeError} where there are none, or two are of one kind. */
export function checkOutputs(step: Maker): void {
  const kinds = kindsOf(step).map(({ name }) => name);
  if (kinds.length === 0)
    throw new TypeError(`${step.name}: produces: expected a kind, or outputs with a kind each, got none`);
  const twice = kinds.find((kind, index) => kinds.indexOf(kind) !== index);
  if (twice !== undefined)
    throw new TypeError(`${step.name}: produces: expected outputs of different kinds, got "${twice}" twice`);
}
