import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import wrapAnsi from "wrap-ansi";
import type { LinkedAsset, TrackRow } from "./describe-track.ts";
import { formatBytes, formatClock, formatLatency, formatPercent, printable, shorten } from "./format-text.ts";
import type { Paint } from "./paint.ts";

/** A terminal narrower than this gets a block per track instead of a table. */
const narrowestTable = 110;
const maxTags = 4;

/**
 * All results, as a table where there is room and a block of lines per track elsewhere; below it the results of other kinds,
 * and links to the files.
 *
 * @param apiUrl where links go; null for none: a link to what is about to stop leads nowhere.
 */
export function renderResults(
  rows: readonly TrackRow[],
  apiUrl: string | null,
  width: number,
  paint: Paint,
): string {
  if (rows.length === 0) return "";
  const blocks = rows.length === 1 || width < narrowestTable;
  const results = blocks
    ? rows.map((row, i) => renderBlock(row, rows.length > 1 ? i + 1 : null, width, paint)).join("\n")
    : renderTable(rows, width, paint);
  const aac = rows.map((row) => row.aac);
  const waveforms = rows.map((row) => row.waveform);
  const others = blocks ? [] : renderOthers(rows, width, paint);
  if (apiUrl === null) return [results, ...others].join("\n");
  const links = [
    ...renderLinks("AAC", aac, apiUrl, paint),
    ...renderLinks("waveform", waveforms, apiUrl, paint),
  ];
  return [results, ...others, ...links].join("\n");
}

/** Of kinds that have no column: a line per track, by its number. */
function renderOthers(rows: readonly TrackRow[], width: number, paint: Paint): string[] {
  const kinds = [...new Set(rows.flatMap(({ others }) => others.map(({ kind }) => kind)))].sort();
  return kinds.flatMap((kind) => [
    paint.bold(kind),
    ...rows.flatMap(({ others }, i) => {
      const found = others.find((other) => other.kind === kind);
      return found ? [shorten(`${String(i + 1).padStart(4)}  ${found.text}`, width)] : [];
    }),
  ]);
}

/** Outside of the table's frame, where no line is broken: a link in two parts can't be followed. */
function renderLinks(
  title: string,
  assets: readonly (LinkedAsset | null)[],
  apiUrl: string,
  paint: Paint,
): string[] {
  const links = assets.flatMap((asset, i) => {
    const number = assets.length > 1 ? `${String(i + 1).padStart(4)}  ` : "  ";
    return asset ? [`${number}${new URL(asset.url, apiUrl).href}`] : [];
  });
  return links.length > 0 ? [paint.bold(title), ...links] : [];
}

function renderTable(rows: readonly TrackRow[], width: number, paint: Paint): string {
  const fixed = { number: 5, duration: 10, tempo: 19, key: 22, loudness: 7, aac: 10, latency: 9 };
  const taken = Object.values(fixed).reduce((sum, cells) => sum + cells, 0);
  // Ten borders; what is left is shared by the two columns of free text.
  const free = Math.min(90, width - taken - 10);
  const titleWidth = Math.floor(free * 0.55);
  const { number, duration, tempo, key, loudness, aac, latency } = fixed;
  const table = new Table({
    head: ["#", "file", "duration", "tempo", "key", "LUFS", "tags", "AAC", "latency"].map(paint.bold),
    colWidths: [number, titleWidth, duration, tempo, key, loudness, free - titleWidth, aac, latency],
    colAligns: ["right", "left", "right", "left", "left", "right", "left", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  rows.forEach((row, i) => {
    const file = wrapPath(printable(row.file), titleWidth);
    const name = row.state === "done" ? file : `${paint.bad(row.state)}\n${file}`;
    table.push([
      String(i + 1),
      wrap([name, ...(isTitled(row) ? [paint.dim(printable(row.title))] : [])].join("\n"), titleWidth),
      row.durationSec === null ? "-" : formatClock(row.durationSec),
      wrap(describeTempo(row), tempo),
      wrap(describeKey(row), key),
      describeLufs(row),
      wrap(row.failures.length > 0 ? describeFailures(row) : describeTags(row), free - titleWidth),
      row.aac ? formatBytes(row.aac.sizeBytes) : "-",
      row.latencyMs === null ? "-" : formatLatency(row.latencyMs),
    ]);
  });
  return table.toString();
}

/** Whether its title says more than the file's name, which the API keeps in a form that can be printed. */
function isTitled({ file, title }: TrackRow): boolean {
  return !printable(file).split("/").at(-1)?.startsWith(printable(title));
}

function renderBlock(row: TrackRow, number: number | null, width: number, paint: Paint): string {
  const state = row.state === "done" ? paint.good(row.state) : paint.bad(row.state);
  const lines: [string, string][] = [
    ...(number === null ? [] : [["#", String(number)] satisfies [string, string]]),
    ["title", printable(row.title)],
    ["file", printable(row.file)],
    ["state", row.failures.length > 0 ? `${state}: ${describeFailures(row)}` : state],
    ["duration", row.durationSec === null ? "-" : formatClock(row.durationSec)],
    ["tempo", describeTempo(row)],
    ["key", describeKey(row)],
    ["loudness", describeLoudness(row)],
    ["tags", describeTags(row)],
    ["AAC", describeAac(row)],
    ...row.warnings.map(({ code, message }): [string, string] => [
      "warning",
      printable(`${code}: ${message}`),
    ]),
    ...row.others.map(({ kind, text }): [string, string] => [kind, text]),
    ["steps", row.steps.map(describeStep).join(", ") || "-"],
    [
      "latency",
      row.latencyMs === null ? "-" : `${formatLatency(row.latencyMs)} from acceptance to the last step`,
    ],
  ];
  const nameWidth = Math.min(24, Math.max(10, ...lines.map(([name]) => name.length)));
  const longest = Math.max(...lines.map(([, value]) => stripVTControlCharacters(value).length));
  const valueWidth = Math.max(16, Math.min(longest + 2, width - nameWidth - 5));
  const table = new Table({
    colWidths: [nameWidth + 2, valueWidth],
    style: { head: [], border: [], compact: true },
  });
  for (const [name, value] of lines)
    table.push([paint.bold(shorten(name, nameWidth)), wrap(value, valueWidth)]);
  return table.toString();
}

/** Text in lines that fit into a column, its padding taken off; words that are too long are broken. */
function wrap(text: string, columnWidth: number): string {
  return wrapAnsi(text, columnWidth - 2, { hard: true });
}

/** In a private area of Unicode: stands for a space of the name's own. */
const ownSpace = "\ue000";

/** As `wrap`, and a path may be broken behind what parts its words. */
function wrapPath(path: string, columnWidth: number): string {
  const apart = path.replaceAll(" ", ownSpace).replace(new RegExp(`[/_${ownSpace}-](?=.)`, "g"), "$& ");
  return wrap(apart, columnWidth).replaceAll(" ", "").replaceAll(ownSpace, " ");
}

function describeNone(reason: string): string {
  return reason ? `none (${printable(reason)})` : "none";
}

/** `116.0 BPM (92 %)`. */
export function describeTempo({ tempo }: TrackRow): string {
  if (tempo === null) return "-";
  if ("none" in tempo) return describeNone(tempo.none);
  return `${tempo.bpm.toFixed(1)} BPM (${formatPercent(tempo.confidence)})`;
}

/** `D major 10B (81 %)`. */
export function describeKey({ key }: TrackRow): string {
  if (key === null) return "-";
  if ("none" in key) return describeNone(key.none);
  const camelot = key.camelot ? ` ${key.camelot}` : "";
  return `${key.name}${camelot} (${formatPercent(key.confidence)})`;
}

/** `-14.2 LUFS`, on a line of its own. */
export function describeIntegrated(row: TrackRow): string {
  const { loudness } = row;
  if (loudness === null) return "-";
  return "none" in loudness ? describeNone(loudness.none) : `${describeLufs(row)} LUFS`;
}

/** `-14.2`, where the column says the unit; without a reason, for which there is no room. */
function describeLufs({ loudness }: TrackRow): string {
  if (loudness === null) return "-";
  return "none" in loudness ? "none" : loudness.lufs.toFixed(1);
}

/** `-14.2 LUFS, range 6.1 LU, peak -1.0 dBTP`. */
function describeLoudness({ loudness }: TrackRow): string {
  if (loudness === null) return "-";
  if ("none" in loudness) return describeNone(loudness.none);
  const { lufs, rangeLu, truePeakDbtp } = loudness;
  const range = rangeLu === null ? "" : `, range ${rangeLu.toFixed(1)} LU`;
  const peak = truePeakDbtp === null ? "" : `, peak ${truePeakDbtp.toFixed(1)} dBTP`;
  return `${lufs.toFixed(1)} LUFS${range}${peak}`;
}

/** `3.1 MB`, and what was done to its level. */
function describeAac({ aac }: TrackRow): string {
  if (aac === null) return "-";
  const size = formatBytes(aac.sizeBytes);
  return aac.gainDb < 0 ? `${size}, ${(-aac.gainDb).toFixed(1)} dB quieter than the master` : size;
}

export function describeTags({ tags }: TrackRow): string {
  if (tags === null) return "-";
  return tags.slice(0, maxTags).map(printable).join(", ") || "none";
}

function describeStep({ step, how, durationMs }: TrackRow["steps"][number]): string {
  if (how === "skipped") return `${step} was there`;
  return durationMs === null ? step : `${step} ${formatLatency(durationMs)}`;
}

export function describeFailures({ failures }: TrackRow): string {
  return failures.map(({ step, code, message }) => `${step}: ${code} (${printable(message)})`).join("; ");
}
