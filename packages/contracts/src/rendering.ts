/**
 * A rendering is what is made of an artifact's file when somebody reads it, and never kept: an image of a waveform. A kind declares which
 * it has, by name, and which renderer makes each. That is data, as all of a kind is: whoever serves a kind that was plugged in makes its
 * renderings as well, without a line of its code.
 */

import type { Open } from "./open-enum.ts";

/** What renderers take, and what they make of it: both media types. Their code is in `@segue/renderings`. */
export const renderers = {
  /** Peaks in the JSON format that the BBC's audiowaveform defines, version 2: their outline, which stretches and takes its colour from around it. */
  "peaks-outline": { takes: "application/json", contentType: "image/svg+xml" },
} as const satisfies Record<string, { readonly takes: string; readonly contentType: string }>;

export type RendererName = keyof typeof renderers;

export interface Rendering {
  /** The renderer. One of a younger release is not known, and then there is no such rendering here. */
  readonly by: Open<RendererName>;
  /**
   * The step that made it before, and kept it, as an artifact of a kind of the same name. Whoever asks for that gets this; what is stored
   * of it is served as it is. It counts where no step makes such a kind any more.
   */
  readonly replaces?: string | undefined;
}

/** A rendering that this release can make. */
export interface KnownRendering extends Rendering {
  readonly by: RendererName;
  /** How it is asked for, and the end of its file's name: `svg`. */
  readonly name: string;
  readonly contentType: string;
}

interface Rendered {
  readonly payload: { readonly contentType: string } | null;
  readonly renderings: Readonly<Record<string, Rendering>>;
}

/** Of a kind, those that this release can make. */
export function renderingsOf({ payload, renderings }: Rendered): KnownRendering[] {
  return Object.entries(renderings).flatMap(([name, rendering]) => {
    const { by } = rendering;
    if (!isRenderer(by) || payload?.contentType !== renderers[by].takes) return [];
    return [{ ...rendering, by, name, contentType: renderers[by].contentType }];
  });
}

function isRenderer(name: string): name is RendererName {
  return Object.hasOwn(renderers, name);
}
