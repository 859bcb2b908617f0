/**
 * A `Content-Disposition` header (RFC 6266) that shows the file in the browser and names it when it is saved. Any name
 * is safe: plain ASCII for old clients, with everything odd replaced, and the name itself as RFC 8187 encodes it.
 */
export function contentDisposition(fileName: string): string {
  const clean = fileName
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
    .replace(/[\u0000-\u001f\u007f-\u009f/\\]/g, "_")
    // Marks that change the direction of writing disguise a name's extension.
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "_")
    .replace(/^\.+/, "_")
    .slice(-200)
    .toWellFormed();
  const ascii = clean.replace(/[^\x20-\x7e]|["%]/g, "_");
  const encoded = encodeURIComponent(clean).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `inline; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
