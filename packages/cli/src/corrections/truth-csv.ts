import { extname } from "node:path";
import type { CorrectedTrack } from "@segue/contracts";
import { csvLine } from "@segue/wording";

/** As `npm run accuracy -- FOLDER` reads it. */
const columns = ["file", "source", "groove", "bpm", "key", "mode"] as const;
/** What a folder of music and that reader take for a file's name; none of these begins a formula. */
const plain = /^\w[\w.-]*\.\w+$/;

export interface Truth {
  readonly text: string;
  readonly rows: number;
  /** Tracks of which nobody has said a tempo: they are not in it. */
  readonly withoutTempo: number;
}

/** What people have said, as labels: a row for each track whose tempo they know. Facts are found by their names, whichever kind has them. */
export function renderTruth(tracks: readonly CorrectedTrack[]): Truth {
  const uses = new Map<string, number>();
  for (const { fileName } of tracks) if (fileName !== null) uses.set(fileName, (uses.get(fileName) ?? 0) + 1);
  const lines = tracks.flatMap((track) => {
    const bpm = said(track, "bpm");
    if (typeof bpm !== "number") return [];
    const { id, fileName } = track;
    const isPlain = fileName !== null && plain.test(fileName) && uses.get(fileName) === 1;
    // A name of another form is no file's there: it is kept under the track's id.
    const file = isPlain
      ? fileName
      : `${id}${plain.test(`x${extname(fileName ?? "")}`) ? extname(fileName ?? "") : ".bin"}`;
    return [csvLine([file, "corrections", "", bpm, wordOf(said(track, "key")), wordOf(said(track, "mode"))])];
  });
  return {
    text: [csvLine(columns), ...lines].join(""),
    rows: lines.length,
    withoutTempo: tracks.length - lines.length,
  };
}

/** What a person has said of the first fact that is called so. */
function said({ corrections }: CorrectedTrack, name: string): unknown {
  for (const { facts } of Object.values(corrections)) {
    const found = Object.entries(facts).find(([key]) => key === name || key.endsWith(`.${name}`));
    if (found) return found[1];
  }
  return undefined;
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
