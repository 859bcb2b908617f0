import type { Playlist, Transition } from "@segue/contracts";
import { formatClock } from "@segue/wording";

/** What is wished for, as the form has it. */
export interface PlaylistTerms {
  readonly minutes: string;
  readonly course: string;
  readonly harmonic: boolean;
}

/** What of a search is about the order, or how much of it is read. */
const notOfPlaylists = ["sort", "limit", "cursor", "harmonic"];

/** As the API takes it: what a search finds, and what is wished for. In a search `harmonic` is about its key, here about what follows what. */
export function playlistQueryOf(terms: PlaylistTerms, search: string, seed?: string): string {
  const given = new URLSearchParams(search);
  const query = new URLSearchParams([...given].filter(([name]) => !notOfPlaylists.includes(name)));
  if (given.get("harmonic") === "true") query.set("neighbours", "true");
  if (seed !== undefined) query.set("seed", seed);
  if (terms.minutes.trim() !== "") query.set("minutes", terms.minutes.trim());
  if (terms.course.trim() !== "") query.set("course", terms.course.trim());
  if (terms.harmonic) query.set("harmonic", "true");
  return query.toString();
}

/** What came of it. */
export function sayEnd({ tracks, durationSec, wantedSec, isSampled }: Playlist): string {
  if (tracks.length === 0) return "No track is like that.";
  const count = `${tracks.length} ${tracks.length === 1 ? "track" : "tracks"}, ${formatClock(durationSec)}`;
  const short =
    wantedSec - durationSec > 600 ? ` of ${formatClock(wantedSec)}: nothing more goes with it` : "";
  return `${count}${short}${isSampled ? ", out of a sample of what is like that" : ""}.`;
}

/** `+1.2 %, neighbour, -0.5 LU`. */
export function sayTransition({ tempoPercent, key, loudnessLu }: Transition): string {
  const change = (value: number | null, unit: string) => {
    const rounded = Number((value ?? 0).toFixed(1));
    return value === null ? [] : [`${rounded > 0 ? "+" : ""}${rounded} ${unit}`];
  };
  const keys: Readonly<Record<string, string>> = {
    ...{ same: "same key", neighbour: "neighbouring key", relative: "relative key", other: "another key" },
  };
  const said = keys[key] === undefined ? [] : [keys[key]];
  return [...change(tempoPercent, "%"), ...said, ...change(loudnessLu, "LU")].join(", ");
}
