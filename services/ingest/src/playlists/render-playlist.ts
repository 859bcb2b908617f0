/** Playlists as files for players: M3U8 (extended M3U in UTF-8), and JSPF (https://www.xspf.org/jspf). */
import type { Playlist, PlaylistTrack } from "@segue/contracts";
import { printable } from "@segue/wording";

/** Two lines a track. A line is what it is by how it begins and where it ends: what clients have called a track has neither ends of lines nor other control characters here. */
export function renderM3u8({ title, tracks }: Playlist): string {
  const lines = tracks.flatMap((track) => [
    `#EXTINF:${Math.round(track.durationSec)},${nameOf(track)}`,
    track.audio.url,
  ]);
  return `${["#EXTM3U", `#PLAYLIST:${printable(title)}`, ...lines].join("\n")}\n`;
}

export function renderJspf({ title, tracks }: Playlist): string {
  return JSON.stringify({
    playlist: {
      title: printable(title),
      creator: "Segue",
      track: tracks.map((track) => ({
        location: [track.audio.url],
        identifier: [track.url],
        title: nameOf(track),
        duration: Math.round(track.durationSec * 1_000),
      })),
    },
  });
}

function nameOf({ title, fileName, id }: Pick<PlaylistTrack, "title" | "fileName" | "id">): string {
  return printable(title ?? fileName ?? id).trim();
}
