import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { sayProblem } from "../api/api-problem.ts";
import { useApp } from "../app-context.ts";

export interface Player {
  readonly isPlaying: boolean;
  readonly positionSec: number;
  /** Of the sound itself; null until it is known. */
  readonly durationSec: number | null;
  readonly problem: string | null;
  toggle(): void;
  seek(sec: number): void;
}

/** Plays a file of the API. With a key it is fetched as a whole first: what plays sound sends none. */
export function usePlayer(path: string | null): Player {
  const { api } = useApp();
  const audio = useMemo(() => new Audio(), []);
  const [state, setState] = useState(() => stateOf(audio));
  const [problem, setProblem] = useState<string | null>(null);
  const source = useRef<Promise<void> | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const note = () => setState(stateOf(audio));
    for (const name of ["play", "pause", "seeked", "timeupdate", "loadedmetadata", "ended"])
      audio.addEventListener(name, note, { signal: ending.signal });
    source.current = null;
    if (path !== null && api.session.key() === undefined) {
      audio.preload = "metadata";
      audio.src = api.url(path);
    }
    return () => {
      ending.abort();
      // What is still on its way is nobody's any more.
      source.current = null;
      audio.pause();
      if (audio.src.startsWith("blob:")) URL.revokeObjectURL(audio.src);
      audio.removeAttribute("src");
    };
  }, [api, audio, path]);
  useFrames(state.isPlaying, () => setState((before) => ({ ...before, positionSec: audio.currentTime })));
  const load = async (isWanted: () => boolean) => {
    if (path === null || audio.src !== "") return;
    const sound = await (await api.open(path)).blob();
    if (isWanted()) audio.src = URL.createObjectURL(sound);
  };
  const begin = (): Promise<void> => {
    const loading: Promise<void> = load(() => source.current === loading);
    source.current = loading;
    return loading;
  };
  return {
    ...{ ...state, problem },
    toggle() {
      if (!audio.paused) return audio.pause();
      const loading = source.current ?? begin();
      loading
        .then(() => (source.current === loading ? audio.play() : undefined))
        .then(() => setProblem(null))
        .catch((error: unknown) => {
          source.current = null;
          setProblem(sayProblem(error));
        });
    },
    seek(sec) {
      const positionSec = Math.max(0, Math.min(sec, Number.isFinite(audio.duration) ? audio.duration : sec));
      audio.currentTime = positionSec;
      setState((before) => ({ ...before, positionSec }));
    },
  };
}

function stateOf({ paused, currentTime, duration }: HTMLAudioElement) {
  const durationSec = Number.isFinite(duration) ? duration : null;
  return { isPlaying: !paused, positionSec: currentTime, durationSec };
}

/** While it plays, the line moves with each frame: events come four times a second. */
function useFrames(isOn: boolean, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    if (!isOn) return;
    let frame = requestAnimationFrame(function next() {
      latest.current();
      frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [isOn]);
}
