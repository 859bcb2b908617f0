import {
  type StandingCorrection,
  StandingCorrection as StandingSchema,
  type TrackResource,
} from "@segue/contracts";
import type { KindsByName } from "@segue/wording";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Card, Said } from "../parts/parts.tsx";
import { sayInstant } from "../parts/say-time.ts";
import { useAction } from "../parts/use-action.ts";
import {
  type CorrectableKind,
  correctableKinds,
  draftOf,
  readDrafts,
  sayMachine,
} from "./corrected-facts.ts";

/** What a person says it is, for every kind that lets them: said, changed, taken back. */
export function CorrectionsCard(props: {
  readonly track: TrackResource;
  readonly kinds: KindsByName;
  readonly onSaid: () => void;
}) {
  const { track, kinds, onSaid } = props;
  const correctable = correctableKinds(kinds);
  if (correctable.length === 0) return null;
  return (
    <Card title="Correct">
      <p class="quiet">What you say holds in search, whatever is computed later.</p>
      {correctable.map((each) => (
        <Correction
          key={each.kind}
          id={track.id}
          of={each}
          said={track.corrections[each.kind]}
          onSaid={onSaid}
        />
      ))}
    </Card>
  );
}

interface Asked {
  readonly id: string;
  readonly of: CorrectableKind;
  readonly said: StandingCorrection | undefined;
  readonly onSaid: () => void;
}

/** What is written in the fields, and what becomes of it. */
function useSaying({ id, of, said, onSaid }: Asked) {
  const { api } = useApp();
  const action = useAction();
  const asSaid = () => Object.fromEntries(of.facts.map((fact) => [fact.key, draftOf(fact, said)]));
  const [drafts, setDrafts] = useState<Record<string, string>>(asSaid);
  // Somebody may have said it elsewhere.
  useEffect(() => setDrafts(asSaid()), [JSON.stringify(said?.facts)]);
  const path = `v1/tracks/${encodeURIComponent(id)}/corrections/${of.kind}`;
  const say = () =>
    action.run(async () => {
      const facts = readDrafts(of.facts, drafts);
      if (Object.keys(facts).length === 0) return "Write what it is, or none.";
      const headers = { "content-type": "application/json" };
      const answer = await api.open(path, { method: "PUT", headers, body: JSON.stringify({ facts }) });
      StandingSchema.parse(await answer.json());
      onSaid();
      return "It is said.";
    });
  const takeBack = () =>
    action.run(async () => {
      await api.open(path, { method: "DELETE" });
      onSaid();
      return "It is taken back: the machine's holds.";
    });
  return { action, drafts, setDrafts, say, takeBack };
}

function Correction(props: Asked) {
  const { of, said } = props;
  const { action, drafts, setDrafts, say, takeBack } = useSaying(props);
  return (
    <form
      class="correction"
      aria-label={`Correct ${of.label}`}
      onSubmit={(event) => {
        event.preventDefault();
        say();
      }}
    >
      {of.facts.map((fact) => (
        <label key={fact.key}>
          <span>{of.facts.length > 1 ? fact.name : of.label}</span>
          <input
            name={fact.key}
            type="text"
            autoComplete="off"
            inputMode={fact.index === "number" ? "decimal" : "text"}
            value={drafts[fact.key] ?? ""}
            onInput={({ currentTarget }) => setDrafts({ ...drafts, [fact.key]: currentTarget.value })}
          />
        </label>
      ))}
      <button type="submit" class="button" disabled={action.isBusy}>
        Say so<span class="unseen"> of {of.label}</span>
      </button>
      {said === undefined ? null : (
        <button type="button" class="button" disabled={action.isBusy} onClick={takeBack}>
          Take back<span class="unseen"> {of.label}</span>
        </button>
      )}
      {said === undefined ? null : (
        <p class="quiet">
          {sayMachine(said)} Said by {said.author ?? said.by}, {sayInstant(said.at)}.
        </p>
      )}
      <Said action={action} />
    </form>
  );
}
