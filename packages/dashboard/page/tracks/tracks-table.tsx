import type { TrackSummary } from "@segue/contracts";
import { formatLatency } from "@segue/wording";
import { useEffect, useRef, useState } from "preact/hooks";
import { StateBadge } from "../parts/parts.tsx";
import { sayInstant, sayWhen } from "../parts/say-time.ts";
import { useInterval } from "../parts/use-interval.ts";
import { hashOf } from "../routes.ts";
import { StepDots } from "./step-dots.tsx";
import type { ListedTracks } from "./use-tracks.ts";
import { visibleRows } from "./visible-rows.ts";

/** As the style has it. */
const rowPx = 52;
/** So many rows before the end the next page is read. */
const ahead = 60;
const columns = 5;

/** Any number of tracks: only the rows that are seen are in the document. Arrows go from row to row. */
export function TracksTable({ listed }: { readonly listed: ListedTracks }) {
  const { rows, isLoading, loadMore } = listed;
  const { tracks } = rows;
  const box = useRef<HTMLDivElement>(null);
  const seen = useSeen(box);
  const focus = useRowFocus(box, tracks.length);
  const [nowMs, setNowMs] = useState(Date.now());
  useInterval(() => setNowMs(Date.now()), 10_000);
  const { first, end, beforePx, behindPx } = visibleRows(tracks.length, rowPx, seen);
  useEffect(() => {
    if (end + ahead >= tracks.length) loadMore();
  }, [end, tracks.length, loadMore]);
  return (
    <div class="table-box" ref={box}>
      <table class="tracks" aria-rowcount={tracks.length + 1} aria-busy={isLoading}>
        <caption class="unseen">Tracks, the newest first</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">Track</th>
            <th scope="col">State</th>
            <th scope="col">Steps</th>
            <th scope="col">Accepted</th>
            <th scope="col" class="is-number">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          <Spacer px={beforePx} />
          {tracks.slice(first, end).map((track, offset) => (
            <TrackRow key={track.id} track={track} index={first + offset} focus={focus} nowMs={nowMs} />
          ))}
          <Spacer px={behindPx} />
        </tbody>
      </table>
      {isLoading ? <p class="quiet table-end">Reading …</p> : null}
    </div>
  );
}

function Spacer({ px }: { readonly px: number }) {
  return px === 0 ? null : (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a cell of a plain table takes no focus
    <tr class="spacer" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${px}px` }} />
    </tr>
  );
}

function TrackRow(props: {
  readonly track: TrackSummary;
  readonly index: number;
  readonly focus: RowFocus;
  readonly nowMs: number;
}) {
  const { track, index, focus, nowMs } = props;
  const { id, title, fileName, state, steps, acceptedAt, latencyMs } = track;
  const name = title ?? fileName ?? id;
  return (
    <tr aria-rowindex={index + 2}>
      <td>
        <a
          href={hashOf({ page: "track", id })}
          data-row={index}
          tabIndex={index === focus.row ? 0 : -1}
          onFocus={() => focus.setRow(index)}
        >
          <span class="name">{name}</span>
          <span class="quiet file">{title === null ? id : fileName}</span>
        </a>
      </td>
      <td>
        <StateBadge state={state} />
      </td>
      <td>
        <StepDots steps={steps} />
      </td>
      <td class="quiet" title={sayInstant(acceptedAt)}>
        {sayWhen(acceptedAt, nowMs)}
      </td>
      <td class="is-number">{latencyMs === null ? "" : formatLatency(latencyMs)}</td>
    </tr>
  );
}

function useSeen(box: { readonly current: HTMLDivElement | null }) {
  const [seen, setSeen] = useState({ topPx: 0, heightPx: 800 });
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const look = () => setSeen({ topPx: current.scrollTop, heightPx: current.clientHeight });
    look();
    current.addEventListener("scroll", look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(current);
    return () => {
      current.removeEventListener("scroll", look);
      sizes.disconnect();
    };
  }, [box]);
  return seen;
}

interface RowFocus {
  /** The one that Tab leads to. */
  readonly row: number;
  setRow(row: number): void;
}

const moves: Readonly<Record<string, (row: number, last: number) => number>> = {
  ArrowDown: (row) => row + 1,
  ArrowUp: (row) => row - 1,
  PageDown: (row) => row + 10,
  PageUp: (row) => row - 10,
  Home: () => 0,
  End: (_row, last) => last,
};

/** One row of all is reached by Tab; from there keys lead to the others, drawn or not. */
function useRowFocus(box: { readonly current: HTMLDivElement | null }, count: number): RowFocus {
  const [row, setRow] = useState(0);
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    const link = box.current?.querySelector<HTMLElement>(`a[data-row="${wanted.current}"]`);
    if (!link) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  });
  const onKeyDown = useRef((_event: KeyboardEvent) => {});
  onKeyDown.current = (event) => {
    const move = moves[event.key];
    const { current } = box;
    if (!move || !current || count === 0) return;
    event.preventDefault();
    const next = Math.min(count - 1, Math.max(0, move(row, count - 1)));
    reveal(current, next);
    wanted.current = next;
    setRow(next);
  };
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKeyDown.current(event);
    const { current } = box;
    current?.addEventListener("keydown", listen);
    return () => current?.removeEventListener("keydown", listen);
  }, [box]);
  return { row: Math.min(row, Math.max(0, count - 1)), setRow };
}

/** Scrolls no further than it takes: the head of the table covers some of it. */
function reveal(box: HTMLElement, row: number): void {
  const topPx = row * rowPx;
  if (topPx < box.scrollTop) box.scrollTop = topPx;
  else if (topPx + 2 * rowPx > box.scrollTop + box.clientHeight)
    box.scrollTop = topPx + 2 * rowPx - box.clientHeight;
}
