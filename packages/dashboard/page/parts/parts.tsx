import type { ComponentChildren } from "preact";
import { sayProblem } from "../api/api-problem.ts";
import type { Action } from "./use-action.ts";

/** Of a track, a step, a backfill. The word says it; the colour only helps. */
export function StateBadge({ state }: { readonly state: string }) {
  return <span class={`badge is-${toneOf(state)}`}>{state}</span>;
}

export type Tone = "good" | "bad" | "busy" | "odd" | "calm";

export function toneOf(state: string): Tone {
  if (state === "done" || state === "succeeded" || state === "live") return "good";
  if (state === "failed" || state === "refused") return "bad";
  if (state === "partial" || state === "blocked" || state === "paused" || state === "away") return "odd";
  return state === "processing" || state === "running" || state === "waiting" ? "busy" : "calm";
}

export function Card(props: {
  readonly title: string;
  readonly wide?: boolean;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  const { title, wide = false, aside, children } = props;
  return (
    <section class={wide ? "card is-wide" : "card"} aria-label={title}>
      <header class="card-head">
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** Why something can't be shown. */
export function Trouble({ error }: { readonly error: unknown }) {
  return error === undefined ? null : (
    <p class="trouble" role="alert">
      {sayProblem(error)}
    </p>
  );
}

/** What a button has come to. */
export function Said({ action: { said } }: { readonly action: Action }) {
  return (
    <p class={said?.isBad ? "said is-bad" : "said"} role="status">
      {said?.text}
    </p>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

/** A part of a whole. @param value 0 to 1. */
export function Bar(props: { readonly value: number; readonly label: string; readonly tone?: Tone }) {
  const { value, label, tone = "calm" } = props;
  const percent = Math.round(100 * Math.min(1, Math.max(0, value)));
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div class={`bar-fill is-${tone}`} style={{ width: `${percent}%` }} />
    </div>
  );
}

/** A figure with what it is. */
export function Figure(props: { readonly label: string; readonly value: string; readonly note?: string }) {
  return (
    <div class="figure">
      <dt>{props.label}</dt>
      <dd>
        {props.value}
        {props.note === undefined ? null : <small> {props.note}</small>}
      </dd>
    </div>
  );
}
