import type { Playlist, PlaylistTrack } from "@segue/contracts";
import { formatClock, printable, shorten } from "@segue/wording";
import { formatColumns } from "../format-columns.ts";

/** A line per track, with what changes from the one before. */
export function renderPlaylist({ tracks, durationSec, wantedSec, candidates, isSampled }: Playlist): string {
  const count = `${tracks.length} ${tracks.length === 1 ? "track" : "tracks"}`;
  const of = `${isSampled ? "a sample of " : ""}${candidates}`;
  const head = `${count}, ${formatClock(durationSec)} of ${formatClock(wantedSec)} that were wished for, out of ${of}`;
  if (tracks.length === 0) return head;
  const names = ["AT", "NAME", "BPM", "", "KEY", "", "LUFS", "ENERGY", "ID"];
  return `${head}\n${formatColumns([names, ...tracks.map(lineOf)])}`;
}

function lineOf(track: PlaylistTrack): string[] {
  const { startSec, title, fileName, id, bpm, camelot, loudness, energy, transition } = track;
  const key = transition?.key ?? "";
  return [
    formatClock(startSec),
    shorten(printable(title ?? fileName ?? id), 40),
    numberOf(bpm, 1),
    transition?.tempoPercent == null ? "" : `${signed(transition.tempoPercent)} %`,
    camelot ?? "-",
    key === "unknown" ? "" : key,
    numberOf(loudness, 1),
    numberOf(energy, 2),
    id,
  ];
}

function numberOf(value: number | null, digits: number): string {
  return value === null ? "-" : String(Number(value.toFixed(digits)));
}

function signed(value: number): string {
  const rounded = Number(value.toFixed(1));
  return rounded > 0 ? `+${rounded}` : `${rounded}`;
}
