/** Rows that are drawn, of many that are there. */
export interface VisibleRows {
  readonly first: number;
  /** Behind the last one. */
  readonly end: number;
  /** What stands for the rows before and behind, in px. */
  readonly beforePx: number;
  readonly behindPx: number;
}

/** Drawn beyond what is seen, on each side. */
const beyond = 8;

/** All rows are of one height, so what is to be drawn follows from where the reader is. */
export function visibleRows(
  count: number,
  rowPx: number,
  seen: { readonly topPx: number; readonly heightPx: number },
): VisibleRows {
  const clamp = (row: number) => Math.min(count, Math.max(0, row));
  const first = clamp(Math.floor(seen.topPx / rowPx) - beyond);
  const end = Math.max(first, clamp(Math.ceil((seen.topPx + seen.heightPx) / rowPx) + beyond));
  return { first, end, beforePx: first * rowPx, behindPx: (count - end) * rowPx };
}
