const maxChars = 1000;
const highLatin = /[\u0080-\u00ff]/;

/**
 * A tag's text made fit to keep: NULs and control characters gone, mis-declared charsets undone, bounded at 1000
 * characters; null if nothing is left.
 */
export function cleanTagText(text: string): string | null {
  const repaired = undoMisreadCharset(text.slice(0, 4 * maxChars))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed.
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/g, "")
    .trim();
  // Cut between code points: half a surrogate pair is no text.
  const bounded = repaired.length <= maxChars ? repaired : [...repaired].slice(0, maxChars).join("");
  return bounded.toWellFormed() || null;
}

/**
 * Tags that say Latin-1 often hold UTF-8, cp1251 or GBK. Text whose every character is a byte is read again as the
 * bytes it came from where that makes better sense; real Latin-1 stays as it is.
 */
export function undoMisreadCharset(text: string): string {
  if (!highLatin.test(text) || /[\u0100-\uffff]/.test(text)) return text;
  const bytes = Buffer.from(text, "latin1");
  return readAs("utf-8", bytes) ?? readAsCp1251(text, bytes) ?? readAsGbk(bytes) ?? text;
}

function readAs(charset: string, bytes: Buffer): string | null {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Cyrillic words are all high letters, in one case or capitalised; Latin-1 words have single accents among ASCII, and
 * GBK's byte pairs mix the cases.
 */
function readAsCp1251(text: string, bytes: Buffer): string | null {
  const words = text.match(/[A-Za-z\u00a8\u00b8\u00c0-\u00ff]+/g) ?? [];
  const high = words.filter((word) => /[\u00a8\u00b8\u00c0-\u00ff]/.test(word));
  const allHigh = high.filter((word) => !/[A-Za-z]/.test(word));
  if (high.length === 0 || allHigh.length < high.length || !allHigh.some((word) => word.length >= 3))
    return null;
  if (/[\u0080-\u00a7\u00a9-\u00b7\u00b9-\u00bf]{2}/.test(text)) return null;
  const decoded = readAs("windows-1251", bytes);
  const cased = /^(?:[^\p{L}]*(?:\p{Lu}?\p{Ll}+|\p{Lu}+)(?!\p{L}))*[^\p{L}]*$/u;
  return decoded !== null && cased.test(decoded) ? decoded : null;
}

/** Pairs of high bytes that are all common hanzi (GB 2312's rows) or its punctuation. */
function readAsGbk(bytes: Buffer): string | null {
  const decoded = readAs("gbk", bytes);
  if (decoded === null) return null;
  const foreign = [...decoded].filter((char) => char > "\u007f");
  const hanzi = foreign.filter((char) =>
    /[\p{Script=Han}\u3000-\u303f\uff00-\uffef\p{Script=Hiragana}\p{Script=Katakana}]/u.test(char),
  );
  return foreign.length > 0 && hanzi.length === foreign.length && everyPairIsCommon(bytes) ? decoded : null;
}

/** GB 2312's region: both bytes from 0xA1. Accented Latin-1 letters followed by ASCII never form such a pair. */
function everyPairIsCommon(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i] ?? 0) < 0x80) continue;
    if ((bytes[i] ?? 0) < 0xa1 || (bytes[i + 1] ?? 0) < 0xa1) return false;
    i += 1;
  }
  return true;
}
