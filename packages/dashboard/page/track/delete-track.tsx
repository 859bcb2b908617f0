import { TakedownReceiptLink, TakedownResource, type TrackResource } from "@segue/contracts";
import { useEffect, useRef, useState } from "preact/hooks";
import { newKey } from "../api/new-key.ts";
import { useApp } from "../app-context.ts";
import { Said, Trouble } from "../parts/parts.tsx";
import { useAction } from "../parts/use-action.ts";
import { useInterval } from "../parts/use-interval.ts";
import { useLoaded } from "../parts/use-loaded.ts";
import { hashOf } from "../routes.ts";

/** Asks twice: it is for good. @param props.onDeleted with the id of the takedown. */
export function DeleteTrack(props: {
  readonly track: Pick<TrackResource, "id">;
  readonly onDeleted: (takedown: string) => void;
}) {
  const { track, onDeleted } = props;
  const { api } = useApp();
  const action = useAction();
  const [isAsked, setAsked] = useState(false);
  const keep = useRef<HTMLButtonElement>(null);
  // The one that does no harm is where Enter leads.
  useEffect(() => void (isAsked && keep.current?.focus()), [isAsked]);
  const remove = () =>
    action.run(async () => {
      const headers = { "idempotency-key": newKey() };
      const answer = await api.open(`v1/tracks/${encodeURIComponent(track.id)}`, {
        method: "DELETE",
        headers,
      });
      onDeleted(TakedownReceiptLink.parse(await answer.json()).id);
      return "";
    });
  if (!isAsked)
    return (
      <button type="button" class="button" onClick={() => setAsked(true)}>
        Delete …
      </button>
    );
  return (
    <div
      class="confirm"
      role="alertdialog"
      aria-label="Delete this track"
      aria-describedby="delete-words"
      onKeyDown={({ key }) => key === "Escape" && setAsked(false)}
    >
      <p id="delete-words">Delete it for good, with all that was made of it and is nobody else's?</p>
      <button type="button" class="button is-bad" disabled={action.isBusy} onClick={remove}>
        Delete for good
      </button>
      <button
        type="button"
        class="button"
        ref={keep}
        disabled={action.isBusy}
        onClick={() => setAsked(false)}
      >
        Keep it
      </button>
      <Said action={action} />
    </div>
  );
}

const words: Readonly<Record<string, string>> = {
  asked: "It is safe that it goes; nobody has begun yet.",
  removing: "It can't be read any more; what was made of it is being removed.",
  removed: "It is gone: everything was gone through, and nothing was left.",
  final: "It is gone for good: nothing can come of it any more.",
  declined: "It stays: something of it had begun.",
};
const lookAgainMs = 2_000;

/** In the place of a track that was deleted: how far its takedown is. */
export function TakenDown({ id, name }: { readonly id: string; readonly name: string }) {
  const { api } = useApp();
  const path = `v1/takedowns/${encodeURIComponent(id)}`;
  const takedown = useLoaded((signal) => api.get(path, TakedownResource, signal), [api, path]);
  const state = takedown.value?.state ?? "asked";
  useInterval(takedown.reload, ["removed", "final", "declined"].includes(state) ? null : lookAgainMs);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <article class="track">
      <h1 ref={heading} tabIndex={-1}>
        {name}
      </h1>
      <p role="status">
        <span class="badge is-calm">{state}</span> {words[state] ?? state}
      </p>
      <p class="quiet">
        Takedown <code>{id}</code>
      </p>
      <p>
        <a href={hashOf({ page: "tracks" })}>All tracks</a>
      </p>
      {takedown.value ? <Trouble error={takedown.error} /> : null}
    </article>
  );
}
