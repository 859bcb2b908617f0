import { z } from "zod";

/** An object in Cloud Storage, or a page of the web. */
export type ParsedSource =
  | { readonly scheme: "gs"; readonly bucket: string; readonly name: string }
  | { readonly scheme: "https"; readonly url: URL };

const maxNameBytes = 1_024;

/**
 * Reads where audio is to come from; a `gs://` URL by Cloud Storage's rules for names of buckets and objects
 * (https://cloud.google.com/storage/docs/buckets#naming and .../objects#naming), so that no name means another object
 * once it stands in a request's path.
 *
 * @returns what was expected, in words, where it is none.
 */
export function parseSourceUrl(text: string): ParsedSource | { readonly expected: string } {
  const [, bucket = "", name = ""] = /^gs:\/\/([^/]*)\/(.*)$/s.exec(text) ?? [];
  if (text.startsWith("gs://")) {
    const expected = findBadBucket(bucket) ?? findBadName(name);
    return expected === undefined ? { scheme: "gs", bucket, name } : { expected };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a parser of URLs drops some of these, and takes the rest.
  const isPlain = /^https:\/\/[^/\\]+\/[^\u0000-\u0020\u007f\\]*$/.test(text);
  if (!isPlain || !URL.canParse(text))
    return { expected: "expected gs://bucket/object or https://host/path" };
  return { scheme: "https", url: new URL(text) };
}

function findBadBucket(bucket: string): string | undefined {
  const isName =
    /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket) &&
    !/\.\.|\.-|-\./.test(bucket) &&
    bucket.split(".").every((part) => part.length <= 63) &&
    !/^\d{1,3}(\.\d{1,3}){3}$/.test(bucket);
  return isName
    ? undefined
    : "expected a bucket's name after gs:// (3 to 63 of a-z, 0-9, - and _, or several of these with dots between)";
}

function findBadName(name: string): string | undefined {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes === 0 || bytes > maxNameBytes) return `expected an object's name of 1 to ${maxNameBytes} bytes`;
  if (/[\r\n]/.test(name)) return "expected an object's name without line ends";
  if (name === "." || name === ".." || name.startsWith(".well-known/acme-challenge/")) {
    return "expected an object's name that Cloud Storage takes";
  }
  return undefined;
}

/** Where audio may come from. */
export const SourceUrl = z
  .string()
  .max(4_096)
  .superRefine((text, context) => {
    const parsed = parseSourceUrl(text);
    if ("expected" in parsed) context.addIssue({ code: "custom", message: parsed.expected, input: text });
  })
  .meta({ description: "gs://bucket/object or https://host/path", examples: ["gs://library/song.flac"] });

/**
 * A source as readers see it. A URL's query is what signs it, or holds a token, and its user part a password: both are
 * left out; `?...` says that there was one.
 */
export function showSource(source: string): string {
  const shown = /^(https?:\/\/)(?:[^/?#@]*@)?([^?#]*)(\?)?/s.exec(source);
  if (!shown) return source;
  const [, scheme, path, query] = shown;
  return `${scheme}${path}${query === undefined ? "" : "?..."}`;
}
