import { contentDisposition } from "./content-disposition.ts";

/** Types that browsers show without running anything in them. */
const shown = /^(audio|video)\/|^image\/|^application\/json\b/i;
const played = /^(audio|video)\//i;

/** An SVG, or a page that a step of somebody's makes, is a document: it runs nothing and fetches nothing. */
const documentPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Headers that tell what bytes of somebody's are, and what may be done with them. */
export function describeBody(contentType: string, fileName: string): Record<string, string> {
  const type = shown.test(contentType) ? "inline" : "attachment";
  return {
    "content-type": contentType,
    "content-disposition": contentDisposition(fileName, type),
    ...(played.test(contentType) ? {} : { "content-security-policy": documentPolicy }),
  };
}
