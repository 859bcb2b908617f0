import { useEffect, useRef } from "preact/hooks";

/** Does something every so often while it is shown and the tab is looked at. @param ms null: not now. */
export function useInterval(act: () => void, ms: number | null): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (ms === null) return;
    const timer = setInterval(() => {
      if (!document.hidden) latest.current();
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}
