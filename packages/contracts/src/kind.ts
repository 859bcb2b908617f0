import type { z } from "zod";
import { type FactsSchema, factsSchemaOf } from "./facts-schema.ts";
import { Name } from "./ids.ts";
import { type Rendering, renderingsOf } from "./rendering.ts";

/** How an artifact's payload is stored; facts have none: their record is the artifact. */
export interface PayloadSpec {
  readonly contentType: string;
  /** Without a dot, as in `wav`. */
  readonly extension: string;
}

/**
 * A kind of artifact (`pcm`, `tempo`, ...): what is known about one of them, and whether it is kept.
 * An intermediate may be dropped at any time and rebuilt; a derivative asset is kept.
 */
export interface Kind<
  Name extends string = string,
  Facts = unknown,
  Payload extends PayloadSpec | null = PayloadSpec | null,
> {
  readonly name: Name;
  readonly retention: "intermediate" | "derivative";
  readonly payload: Payload;
  /** What is known about the artifact: small JSON, kept in its record and carried by its announcement. */
  readonly facts: z.ZodType<Facts>;
  /** The same as JSON Schema, with hints on how facts are indexed and shown: for those who don't have the kind's code. */
  readonly schema: FactsSchema;
  /** Whether it is made for who asks for no targets by name. */
  readonly defaultTarget: boolean;
  /** What is made of its payload when that is read, by the name that it is asked for by. */
  readonly renderings: Readonly<Record<string, Rendering>>;
}

export type FactsOf<K extends Kind> = z.output<K["facts"]>;

/** What follows where it is left out. */
interface Choices {
  /** False: made only for who asks for it by name. Default: true. Not part of any address. */
  readonly defaultTarget?: boolean;
  /** Default: none. Not part of any address. */
  readonly renderings?: Readonly<Record<string, Rendering>>;
}

/**
 * Defines a kind. What each fact is called, its unit, and whether it is on the line that says what a result is stand in the schema
 * of its facts: see `hint`.
 *
 * @throws {TypeError} for a rendering that can't be made of its payload, or is called as that is.
 */
export function defineKind<Name extends string, Facts, Payload extends PayloadSpec | null>(
  kind: Omit<Kind<Name, Facts, Payload>, "schema" | keyof Choices> & Choices,
): Kind<Name, Facts, Payload> {
  let schema: FactsSchema | undefined;
  const defined = { defaultTarget: true, renderings: {}, ...kind };
  checkRenderings(defined);
  return Object.freeze({
    ...defined,
    // When it is asked for: most workers never are.
    get schema() {
      schema ??= factsSchemaOf(kind.facts);
      return schema;
    },
  });
}

function checkRenderings(kind: Pick<Kind, "name" | "payload" | "renderings">): void {
  const makeable = new Set(renderingsOf(kind).map(({ name }) => name));
  for (const [name, { by }] of Object.entries(kind.renderings)) {
    const what = `${kind.name}: renderings.${name}`;
    if (!Name.safeParse(name).success || name === kind.payload?.extension)
      throw new TypeError(`${what}: expected a kebab-case name that is not the payload's extension`);
    if (!makeable.has(name))
      throw new TypeError(
        `${what}: "${by}" can't make it of a payload of the type ${kind.payload?.contentType ?? "(none)"}`,
      );
  }
}
