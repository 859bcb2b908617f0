import { useState } from "preact/hooks";
import type { KeyWish, Session } from "./api/session.ts";

/** Asks for a key, in place of the page. */
export function KeyPrompt({ session, wish }: { readonly session: Session; readonly wish: KeyWish }) {
  const [key, setKey] = useState(session.key() ?? "");
  return (
    <main class="key-prompt">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          session.use(key.trim() === "" ? undefined : key.trim());
        }}
      >
        <h1>Segue</h1>
        {wish === "refused" ? (
          <p class="trouble" role="alert">
            The API does not take this key: it is withdrawn, over, or not whole.
          </p>
        ) : (
          <p>This fleet asks for a key.</p>
        )}
        <label>
          Key
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            placeholder="sk_…"
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
          />
        </label>
        <p class="quiet">
          It stays in this tab, and goes when that is closed. With the scope <code>tracks:read</code> you see
          your tracks; <code>tracks:write</code> sends and replays; <code>operate</code> shows how work was
          done, and backfills.
        </p>
        <button type="submit" class="button is-main">
          Open
        </button>
      </form>
    </main>
  );
}
