import type { ServerResponse } from "node:http";

export function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

export function unescapeXml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => entities[name] ?? "");
}

/** Text, or elements in order; several of a name are several pairs. */
export type XmlContent =
  | string
  | number
  | boolean
  | readonly (readonly [name: string, content: XmlContent])[];

function formatContent(content: XmlContent): string {
  if (typeof content !== "object") return escapeXml(String(content));
  return content.map(([name, inner]) => `<${name}>${formatContent(inner)}</${name}>`).join("");
}

/** Answers with a document, in the namespace that clients of this protocol look for. */
export function sendXml(response: ServerResponse, root: string, content: XmlContent): void {
  const body = `<?xml version='1.0' encoding='UTF-8'?><${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${formatContent(content)}</${root}>`;
  response.writeHead(response.statusCode, {
    "content-type": "application/xml; charset=UTF-8",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
