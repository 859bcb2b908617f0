/** What an error of a cloud's client says, on one line: Google's repeat every earlier try behind what matters. */
export function sayCloudError(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words.replace(/\s*: Previous errors :.*$/s, "").replace(/\s+/g, " ");
}
