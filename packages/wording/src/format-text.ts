/**
 * Text of others (file names, tags) made safe to print: characters that would move the cursor, begin an escape sequence or
 * turn the direction of what follows become `�`. What stands behind one stays: it tells names apart.
 */
export function printable(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

/** `3:21`, `1:02:03`. */
export function formatClock(sec: number): string {
  const whole = Math.round(sec);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** `412 ms`, `4.2 s`, `3:21`. */
export function formatLatency(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 99_950 ? `${(ms / 1000).toFixed(1)} s` : formatClock(ms / 1000);
}

/** In powers of ten, as file managers show it: `3.1 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["kB", "MB", "GB", "TB"];
  if (bytes < 1000) return `${bytes} B`;
  const exponent = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** exponent).toFixed(1)} ${units[exponent - 1]}`;
}

export function formatPercent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

/** `1 track`, `34 tracks`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** Shortened in the middle, where file names tell least. Counts UTF-16 units: good enough for a line's width. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const keep = Math.max(0, width - 1);
  const tail = Math.floor(keep / 2);
  return `${text.slice(0, keep - tail)}…${tail > 0 ? text.slice(-tail) : ""}`;
}
