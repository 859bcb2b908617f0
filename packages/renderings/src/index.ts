import type { RendererName } from "@segue/contracts";
import { peaksOutline } from "./peaks-outline.ts";
import type { Renderer } from "./renderer.ts";

export { NotRenderableError } from "./not-renderable-error.ts";
export type { ReadablePayload, Renderer } from "./renderer.ts";

const all: Readonly<Record<RendererName, Renderer>> = { "peaks-outline": peaksOutline };

/** What a kind names in `renderings`, as code. */
export function rendererOf(name: RendererName): Renderer {
  return all[name];
}
