import wrapAnsi from "wrap-ansi";

/** Text in lines that fit into a column, its padding taken off; words that are too long are broken. */
export function wrap(text: string, columnWidth: number): string {
  return wrapAnsi(text, columnWidth - 2, { hard: true });
}

/** In a private area of Unicode: stands for a space of the name's own. */
const ownSpace = "\ue000";

/** As `wrap`, and a path may be broken behind what parts its words. */
export function wrapPath(path: string, columnWidth: number): string {
  const apart = path.replaceAll(" ", ownSpace).replace(new RegExp(`[/_${ownSpace}-](?=.)`, "g"), "$& ");
  return wrap(apart, columnWidth).replaceAll(" ", "").replaceAll(ownSpace, " ");
}
