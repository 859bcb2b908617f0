/**
 * What stands in a row's `words` beside the words of title, file name and metadata, which have letters and digits alone: no beginning of such a word is one of these.
 */
import { createHash } from "node:crypto";
import type { SearchFact } from "./search-facts.ts";

/** A word of a fact's text. */
export function textLexeme({ id }: Pick<SearchFact, "id">, word: string): string {
  return `:${id}:${word}`;
}

/**
 * That a client has said a text by this name. Name and text in any case, without what is around the text and with one blank for any in it. A digest: texts may be longer
 * than what an index takes, and have whatever in them.
 */
export function metadataLexeme(name: string, text: string): string {
  const folded = text.normalize("NFKC").toLowerCase().trim().replaceAll(/\s+/g, " ");
  const digest = createHash("sha256").update(`${name.toLowerCase()}\n${folded}`).digest("base64url");
  return `=${digest.slice(0, 22)}`;
}
