import { BackfillReceipt, type BackfillRequest, KindList } from "@segue/contracts";
import { useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Said } from "../parts/parts.tsx";
import { useAction } from "../parts/use-action.ts";
import { useLoaded } from "../parts/use-loaded.ts";
import { trackStates } from "../tracks/track-rows.ts";

/** Asks for a backfill. Which kinds there are to be made the fleet tells. */
export function NewBackfill({ onStarted }: { readonly onStarted: () => void }) {
  const { api } = useApp();
  const action = useAction();
  const kinds = useLoaded((signal) => api.get("v1/kinds", KindList, signal), [api]);
  const [isAnew, setAnew] = useState(false);
  const [state, setState] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const targets = (kinds.value?.kinds ?? []).filter(
    ({ retention, step }) => retention === "derivative" && step,
  );
  const steps = targets.filter(({ name }) => chosen.includes(name)).flatMap(({ step }) => step ?? []);
  const start = () =>
    action.run(async () => {
      const only = trackStates.find((each) => each === state);
      const body: BackfillRequest = {
        ...(chosen.length > 0 ? { targets: [...chosen] } : {}),
        ...(isAnew ? { force: [...new Set(steps)] } : {}),
        ...(only ? { state: only } : {}),
      };
      await api.post("v1/backfills", BackfillReceipt, body);
      onStarted();
      return "Asked for; it shows below within seconds.";
    });
  return (
    <details class="card new-backfill">
      <summary>Start a backfill</summary>
      <ChooseTargets names={targets.map(({ name }) => name)} chosen={chosen} onChange={setChosen} />
      <label class="choice">
        <input
          type="checkbox"
          checked={isAnew}
          disabled={chosen.length === 0}
          onChange={({ currentTarget }) => setAnew(currentTarget.checked)}
        />
        compute what was chosen anew, although it is there
      </label>
      <label>
        Only tracks in the state{" "}
        <select value={state} onChange={({ currentTarget }) => setState(currentTarget.value)}>
          <option value="">any</option>
          {trackStates.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <p>
        <button type="button" class="button is-main" disabled={action.isBusy} onClick={start}>
          Start
        </button>
      </p>
      <Said action={action} />
    </details>
  );
}

interface Choice {
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

function ChooseTargets({ names, chosen, onChange }: Choice) {
  return (
    <fieldset>
      <legend>What every track is to have; none chosen: what tracks have by default</legend>
      {names.map((name) => (
        <label key={name} class="choice">
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={({ currentTarget: { checked } }) =>
              onChange(checked ? [...chosen, name] : chosen.filter((each) => each !== name))
            }
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
