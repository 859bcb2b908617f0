import { useEffect, useRef, useState } from "preact/hooks";
import type { Listener, LiveState } from "../api/live.ts";
import { useApp } from "../app-context.ts";

/** Tells a part of the page what happens for as long as it is shown. */
export function useLive(listener: Listener): void {
  const { live } = useApp();
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(
    () =>
      live.subscribe({
        onChanges: (changes) => latest.current.onChanges?.(changes),
        onGap: () => latest.current.onGap?.(),
        onState: (state) => latest.current.onState?.(state),
      }),
    [live],
  );
}

export function useLiveState(): LiveState {
  const { live } = useApp();
  const [state, setState] = useState(live.state());
  useLive({ onState: setState });
  // It may have become another before anybody was told.
  useEffect(() => setState(live.state()), [live]);
  return state;
}
