import { create } from "content-disposition";

/**
 * A `Content-Disposition` header (RFC 6266) that names a file when it is saved, and has it shown where `type` is `inline`. Any name is
 * safe, whoever gave it.
 */
export function contentDisposition(fileName: string, type: "inline" | "attachment"): string {
  const clean = fileName
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
    .replace(/[\u0000-\u001f\u007f-\u009f/\\]/g, "_")
    // Marks that change the direction of writing disguise a name's extension.
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "_")
    .replace(/^\.+/, "_")
    .slice(-200)
    .toWellFormed();
  return create(clean, { type, fallback: clean.replace(/[^\x20-\x7e]|["%]/g, "_") });
}
