/** A collection for DJ programs, as Rekordbox reads and writes it (its "xml format list", 2020). */
import type { StoredTrack } from "@segue/catalog-db";
import { mostRekordboxTracks } from "@segue/contracts";
import { fileNameOf, heardOf } from "@segue/wording";
import { ProblemError } from "../problem-error.ts";
import type { ExportedTrack } from "./export-columns.ts";

/**
 * Tracks with tempo, key and a beat grid, and a playlist of them in their order. It says how many there are before the first one: all of it is in memory.
 *
 * @param folder where files lie on the machine of whoever reads it.
 * @throws {ProblemError} `invalid-request`: there are more than 10,000.
 */
export async function* renderRekordbox(
  pages: AsyncIterable<readonly ExportedTrack[]>,
  folder = "/",
): AsyncGenerator<string> {
  const tracks: string[] = [];
  for await (const page of pages) {
    for (const track of page) tracks.push(renderTrack(track, tracks.length + 1, folder));
    if (tracks.length > mostRekordboxTracks)
      throw new ProblemError(
        "invalid-request",
        `limit: expected at most ${mostRekordboxTracks} tracks with format=rekordbox, and more were found`,
      );
  }
  const count = tracks.length;
  yield [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<DJ_PLAYLISTS Version="1.0.0">',
    '<PRODUCT Name="Segue" Version="1" Company=""/>',
    `<COLLECTION Entries="${count}">`,
    ...tracks,
    "</COLLECTION>",
    '<PLAYLISTS><NODE Type="0" Name="ROOT" Count="1">',
    `<NODE Name="Segue" Type="1" KeyType="0" Entries="${count}">`,
    ...tracks.map((_, n) => `<TRACK Key="${n + 1}"/>`),
    "</NODE></NODE></PLAYLISTS>",
    "</DJ_PLAYLISTS>\n",
  ].join("\n");
}

function renderTrack({ track, title, values }: ExportedTrack, number: number, folder: string): string {
  const { id, fileName, acceptedAt, sizeBytes } = track;
  const all = [...values.values()];
  const { bpm, key, words } = heardOf(all, "musical");
  const duration = all.find(({ name }) => name.endsWith(".durationSec"));
  const attributes = {
    TrackID: number,
    Name: title ?? fileName ?? id,
    Size: sizeBytes,
    TotalTime: duration && "number" in duration ? Math.round(duration.number) : null,
    AverageBpm: bpm?.toFixed(2),
    DateAdded: acceptedAt.slice(0, 10),
    Comments: words.length > 0 ? words.join("; ") : null,
    Tonality: key,
    Location: locationOf(folder, fileNameOf(fileName ?? title ?? id)),
  };
  const first = firstBeatOf(track);
  if (bpm === null || first === undefined) return `<TRACK${attributesOf(attributes)}/>`;
  const grid = { Inizio: first.toFixed(3), Bpm: bpm.toFixed(2), Metro: "4/4", Battito: 1 };
  return `<TRACK${attributesOf(attributes)}><TEMPO${attributesOf(grid)}/></TRACK>`;
}

/** When the first beat is, in seconds, by the facts that say when beats are. */
function firstBeatOf({ outcomes }: StoredTrack): number | undefined {
  const results = outcomes.flatMap((outcome) => outcome.results);
  for (const { facts } of results) {
    const { beatsSec, beatStepsMs } = Object(facts) as { beatsSec?: unknown; beatStepsMs?: unknown };
    const [sec] = Array.isArray(beatsSec) ? (beatsSec as unknown[]) : [];
    if (typeof sec === "number") return sec;
    const [ms] = Array.isArray(beatStepsMs) ? (beatStepsMs as unknown[]) : [];
    if (typeof ms === "number") return ms / 1_000;
  }
  return undefined;
}

/** `/Users/dj/Music`, `C:\Music`: a file's URL has slashes alone. */
function locationOf(folder: string, name: string): string {
  const names = [...folder.split(/[/\\]+/), name].filter((part) => part !== "");
  const encoded = names.map((part) =>
    encodeURIComponent(part.toWellFormed()).replace(/^([A-Za-z])%3A$/, "$1:"),
  );
  return `file://localhost/${encoded.join("/")}`;
}

function attributesOf(attributes: Readonly<Record<string, string | number | null | undefined>>): string {
  return Object.entries(attributes)
    .flatMap(([name, value]) => (value == null ? [] : [` ${name}="${escapeXml(String(value))}"`]))
    .join("");
}

const entities: Readonly<Record<string, string>> = {
  ...{ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" },
  ...{ "\t": "&#9;", "\n": "&#10;", "\r": "&#13;" },
};

/** XML 1.0 has no way to write most control characters: they are left out. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"'\t\n\r]/g, (char) => entities[char] ?? "")
    .replace(/[\p{Cc}\ufffe\uffff]/gu, "");
}
