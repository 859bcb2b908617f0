import type { TrackSummary } from "@segue/contracts";
import { toneOf } from "../parts/parts.tsx";

type Step = TrackSummary["steps"][number];

/** How far a track is: a mark for each step, in the order of the chain. In words for those who don't see them. */
export function StepDots(props: { readonly steps: readonly Step[]; readonly isBrief?: boolean }) {
  const { steps, isBrief = false } = props;
  const ended = steps.filter(({ status }) => status !== "waiting").length;
  const failed = steps.filter(({ status }) => status === "failed");
  const words = failed.map(({ step, code }) => `${step}: ${code}`).join(", ");
  return (
    <span class="steps">
      <span class="dots" aria-hidden="true">
        {steps.map((step) => (
          <span key={step.step} class={`dot is-${toneOf(step.status)}`} title={sayStep(step)} />
        ))}
      </span>
      <span class="steps-count">
        <span class="unseen">{`${ended} of ${steps.length} steps have ended. `}</span>
        <span aria-hidden="true">{ended === steps.length ? "" : `${ended}/${steps.length}`}</span>
        {words === "" || isBrief ? null : <span class="code"> {words}</span>}
      </span>
    </span>
  );
}

export function sayStep({ step, status, code, recomputing }: Step): string {
  const again = recomputing === null ? "" : ", being computed again";
  return `${step}: ${status}${code === null ? "" : ` (${code})`}${again}`;
}
