import type { z } from "zod";

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
}

export type FactsOf<K extends Kind> = z.output<K["facts"]>;

export function defineKind<Name extends string, Facts, Payload extends PayloadSpec | null>(
  kind: Kind<Name, Facts, Payload>,
): Kind<Name, Facts, Payload> {
  return Object.freeze(kind);
}
