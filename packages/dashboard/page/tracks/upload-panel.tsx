import { formatBytes } from "@segue/wording";
import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { Bar } from "../parts/parts.tsx";
import { hashOf } from "../routes.ts";
import type { Upload } from "./uploads.ts";

/** Of many files, those are shown that something is to be told of. */
const mostShown = 50;

/** Files on their way, over whatever page is shown. */
export function UploadPanel() {
  const { uploads } = useApp();
  const [list, setList] = useState(uploads.list());
  useEffect(() => {
    setList(uploads.list());
    return uploads.subscribe(() => setList(uploads.list()));
  }, [uploads]);
  if (list.length === 0) return null;
  const count = (state: Upload["state"]) => list.filter((upload) => upload.state === state).length;
  const [accepted, refused] = [count("accepted"), count("refused")];
  const isOver = accepted + refused === list.length;
  const sent = list.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  const size = list.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const shown = list.toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, mostShown);
  return (
    <section class="uploads" aria-label="Uploads">
      <header>
        <p role="status">
          {isOver ? "Sent" : "Sending"} {accepted} of {list.length}
          {refused > 0 ? `, ${refused} refused` : ""}
        </p>
        {refused > 0 ? (
          <button type="button" class="button" onClick={() => uploads.retry()}>
            Try again
          </button>
        ) : null}
        {isOver ? (
          <button type="button" class="button" onClick={() => uploads.clear()}>
            Close
          </button>
        ) : null}
      </header>
      <Bar value={size === 0 ? Number(isOver) : sent / size} label="All uploads" tone="busy" />
      <ul>
        {shown.map((upload) => (
          <UploadLine key={upload.id} upload={upload} />
        ))}
      </ul>
      {list.length > shown.length ? <p class="quiet">and {list.length - shown.length} more</p> : null}
    </section>
  );
}

/** What is under way first, then what went wrong. */
function rankOf({ state }: Upload): number {
  return ["sending", "refused", "waiting", "accepted"].indexOf(state);
}

function UploadLine({ upload }: { readonly upload: Upload }) {
  const { name, state, sizeBytes, sentBytes, trackId, note } = upload;
  return (
    <li class={`upload is-${state}`}>
      {trackId === null ? (
        <span class="name">{name}</span>
      ) : (
        <a class="name" href={hashOf({ page: "track", id: trackId })}>
          {name}
        </a>
      )}
      <span class="quiet">
        {state === "sending" ? `${formatBytes(sentBytes)} of ${formatBytes(sizeBytes)}` : state}
      </span>
      {note === null ? null : <span class="note">{note}</span>}
    </li>
  );
}
