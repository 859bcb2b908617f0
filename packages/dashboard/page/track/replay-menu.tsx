import { ReplayReceipt, type ReplayRequest, type TrackResource } from "@segue/contracts";
import { useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Said } from "../parts/parts.tsx";
import { useAction } from "../parts/use-action.ts";

/** Sends a track through the chain again: what is missing, what has failed, or a step although its result is there. */
export function ReplayMenu({
  track,
  onDone,
}: {
  readonly track: TrackResource;
  readonly onDone: () => void;
}) {
  const { api } = useApp();
  const action = useAction();
  const [step, setStep] = useState("");
  const hasFailed = track.steps.some(({ status }) => status === "failed");
  const replay = (force: ReplayRequest["force"]) =>
    action.run(async () => {
      const body = force === undefined ? {} : { force };
      const { wants, force: forced } = await api.post(`v1/tracks/${track.id}/replay`, ReplayReceipt, body);
      onDone();
      return forced.length > 0
        ? `Asked for ${forced.join(", ")} anew.`
        : `Sent through ${wants.length} steps again: what is there is skipped.`;
    });
  return (
    <div class="replay">
      <button
        type="button"
        class={hasFailed ? "button is-main" : "button"}
        disabled={action.isBusy}
        onClick={() => replay(hasFailed ? "failed" : undefined)}
      >
        {hasFailed ? "Replay what failed" : "Replay"}
      </button>
      <label>
        <span class="unseen">Step to compute anew</span>
        <select value={step} onChange={({ currentTarget }) => setStep(currentTarget.value)}>
          <option value="">Recompute …</option>
          {track.steps.map((each) => (
            <option key={each.step} value={each.step}>
              {each.step}
            </option>
          ))}
        </select>
      </label>
      {step === "" ? null : (
        <button type="button" class="button" disabled={action.isBusy} onClick={() => replay([step])}>
          Compute {step} anew
        </button>
      )}
      <Said action={action} />
    </div>
  );
}
