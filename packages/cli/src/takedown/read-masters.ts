import { Sha256 } from "@segue/contracts";

/** The SHA-256 that are given, or that are the first word of a line in a file that is. Each once. @throws {TypeError} for a line that begins with none. */
export async function readMasters(
  given: readonly string[],
  read: (file: string) => Promise<string>,
): Promise<string[]> {
  const all: string[] = [];
  for (const word of given) {
    if (Sha256.safeParse(word).success) all.push(word);
    else all.push(...readLines(word, await read(word)));
  }
  return [...new Set(all)];
}

function readLines(file: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const [word = ""] = line.trim().split(/\s+/);
    if (word === "" || word.startsWith("#")) return [];
    if (Sha256.safeParse(word).success) return [word];
    throw new TypeError(`${file}, line ${index + 1}: expected a SHA-256 in 64 hex digits, got "${word}"`);
  });
}
