import type { Cover } from "@segue/audio";
import type { Warning } from "@segue/contracts";

/** A picture that an m4a can carry as its cover. */
export interface UsableCover {
  readonly format: "jpeg" | "png";
  readonly data: Uint8Array;
}

/** A cover weighs less than the music: a 4-minute track is 3.8 MB. */
const maxCoverBytes = 2 * 1024 * 1024;

/** Takes a master's cover over, or says why not; m4a knows JPEG and PNG only. */
export function acceptCover(cover: Cover | null): { cover: UsableCover | null; warning: Warning | null } {
  if (!cover) return { cover: null, warning: null };
  const { format, data } = cover;
  if (format === "other") return drop("the cover is neither JPEG nor PNG, whatever it is named");
  if (data.length > maxCoverBytes) {
    return drop(`the cover has ${data.length} bytes; at most ${maxCoverBytes} are carried over`);
  }
  return { cover: { format, data }, warning: null };
}

function drop(message: string): { cover: null; warning: Warning } {
  return { cover: null, warning: { code: "cover-dropped", message } };
}
