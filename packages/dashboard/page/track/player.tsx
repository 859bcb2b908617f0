import { WaveformDocument } from "@segue/contracts";
import { formatClock } from "@segue/wording";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Trouble } from "../parts/parts.tsx";
import { useLoaded } from "../parts/use-loaded.ts";
import { drawWave, type Wave } from "./draw-wave.ts";
import { durationOf } from "./peaks.ts";
import { type Player, usePlayer } from "./use-player.ts";

/** Seen at once where beats can be told apart, in s. */
const closeSec = 12;
const stepSec = 5;

export interface Sources {
  readonly soundPath: string | null;
  readonly wavePath: string | null;
  readonly beatsSec: readonly number[];
}

/** The track's sound: all of it, and beats around the place where it is. */
export function TrackPlayer({ soundPath, wavePath, beatsSec }: Sources) {
  const { api } = useApp();
  const player = usePlayer(soundPath);
  const wave = useLoaded(
    async (signal) => (wavePath === null ? null : await api.get(wavePath, WaveformDocument, signal)),
    [api, wavePath],
  );
  const document = wave.value ?? null;
  const lengthSec = player.durationSec ?? (document ? durationOf(document) : 0);
  useKeys(player, soundPath !== null);
  const close = closeUp(player.positionSec, lengthSec);
  return (
    <div class="player">
      <div class="player-bar">
        <button
          type="button"
          class="button is-main is-play"
          onClick={player.toggle}
          disabled={soundPath === null}
          aria-label={player.isPlaying ? "Pause" : "Play"}
        >
          <PlayIcon isPlaying={player.isPlaying} />
        </button>
        <p class="clock">
          {formatClock(player.positionSec)} <span class="quiet">/ {formatClock(lengthSec)}</span>
        </p>
        <p class="quiet keys">
          <kbd>Space</kbd> play <kbd>←</kbd> <kbd>→</kbd> 5 s
        </p>
      </div>
      {player.problem === null ? null : (
        <p class="trouble" role="alert">
          {player.problem}
        </p>
      )}
      <Trouble error={wave.error} />
      {document === null ? null : (
        <>
          <WaveCanvas
            label="Around this place, with beats"
            isTall
            wave={{ document, beatsSec, positionSec: player.positionSec, ...close }}
            player={player}
          />
          <WaveCanvas
            label="The whole track"
            wave={{ document, beatsSec: [], positionSec: player.positionSec, fromSec: 0, toSec: lengthSec }}
            player={player}
          />
        </>
      )}
    </div>
  );
}

/** The stretch that is seen: the place in the middle, but at the ends. */
function closeUp(positionSec: number, lengthSec: number) {
  const seenSec = Math.min(closeSec, Math.max(lengthSec, 0.1));
  const fromSec = Math.max(0, Math.min(positionSec - seenSec / 2, lengthSec - seenSec));
  return { fromSec, toSec: fromSec + seenSec };
}

function PlayIcon({ isPlaying }: { readonly isPlaying: boolean }) {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      {isPlaying ? (
        <path d="M5 3h4v14H5zM11 3h4v14h-4z" fill="currentColor" />
      ) : (
        <path d="M5 3l12 7-12 7z" fill="currentColor" />
      )}
    </svg>
  );
}

function WaveCanvas(props: {
  readonly label: string;
  readonly isTall?: boolean;
  readonly wave: Wave;
  readonly player: Player;
}) {
  const { label, isTall = false, wave, player } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState("");
  useEffect(() => {
    const { current } = canvas;
    if (!current) return;
    const sizes = new ResizeObserver(() => setSize(`${current.clientWidth} ${current.clientHeight}`));
    sizes.observe(current);
    return () => sizes.disconnect();
  }, []);
  const { fromSec, toSec, positionSec, document, beatsSec } = wave;
  useEffect(() => {
    if (canvas.current) drawWave(canvas.current, wave);
  }, [fromSec, toSec, positionSec, document, beatsSec, size]);
  const seekTo = ({ offsetX, currentTarget }: PointerEvent) => {
    const { clientWidth } = currentTarget as HTMLCanvasElement;
    player.seek(fromSec + (offsetX / clientWidth) * (toSec - fromSec));
  };
  return (
    <canvas
      ref={canvas}
      class={isTall ? "wave is-tall" : "wave"}
      data-beats={beatsSec.length}
      tabIndex={0}
      role="slider"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.round(toSec)}
      aria-valuenow={Math.round(positionSec)}
      aria-valuetext={formatClock(positionSec)}
      onPointerDown={(event) => {
        (event.currentTarget as HTMLCanvasElement).setPointerCapture(event.pointerId);
        seekTo(event);
      }}
      onPointerMove={(event) => {
        // A close-up moves along with the place: dragging there would run away.
        if (event.buttons === 1 && !isTall) seekTo(event);
      }}
    />
  );
}

/** Keys that play, wherever on the page the reader is, but where they write. */
function useKeys(player: Player, isOn: boolean): void {
  const latest = useRef(player);
  latest.current = player;
  useEffect(() => {
    if (!isOn) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const { target, key, altKey, ctrlKey, metaKey } = event;
      if (altKey || ctrlKey || metaKey || !(target instanceof HTMLElement)) return;
      if (target.closest("input, textarea, select, [contenteditable]")) return;
      // There it is what presses them.
      if (key === " " && target.closest("button, a, summary")) return;
      const now = latest.current;
      if (key === " ") now.toggle();
      else if (key === "ArrowLeft") now.seek(now.positionSec - stepSec);
      else if (key === "ArrowRight") now.seek(now.positionSec + stepSec);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [isOn]);
}
