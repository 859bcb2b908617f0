import { basename } from "node:path/posix";
import { parseSourceUrl } from "@segue/contracts";

/** What a source's file is called: the last part of its path; null if there is none. */
export function nameSource(source: string): string | null {
  const parsed = parseSourceUrl(source);
  if ("expected" in parsed) return null;
  return parsed.scheme === "gs"
    ? basename(parsed.name) || null
    : decode(basename(parsed.url.pathname)) || null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A percent sign that starts no escape.
    return part;
  }
}
