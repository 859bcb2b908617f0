import type { StoredTrack } from "@segue/catalog-db";
import type { Kind } from "@segue/contracts";
import type { ApiContext } from "../api-context.ts";
import { latestAssetUrl } from "../asset-url.ts";
import { ProblemError } from "../problem-error.ts";

/** What was sent is one of a track's files. */
const master = "master";

/** Which sound file of a track a player is led to: by its kind. */
export type AudioOf = (trackUrl: string, id: string) => { readonly kind: string; readonly url: string };

/**
 * Of tracks which files there are, and where.
 *
 * @param wanted a kind, or `master`; undefined: the first kind of sound that a track has.
 * @throws {ProblemError} `invalid-request`: the fleet makes no sound of that name.
 */
export async function findAudio(
  { chain, catalog }: Pick<ApiContext, "chain" | "catalog">,
  { ids, owner, wanted }: { ids: readonly string[]; owner: string; wanted: string | undefined },
): Promise<AudioOf> {
  const kinds = chain.kinds.filter(isSound).map(({ name }) => name);
  if (wanted !== undefined && wanted !== master && !kinds.includes(wanted))
    throw new ProblemError(
      "invalid-request",
      `audio: expected ${[...kinds, master].join(", ")}, got "${wanted.slice(0, 80)}"`,
    );
  const tracks = wanted === master ? [] : await catalog.tracks(ids, owner);
  const made = new Map(tracks.map((track) => [track.id, kindsOf(track)]));
  const preferred = wanted === undefined ? kinds : [wanted];
  return (trackUrl, id) => {
    const kind = preferred.find((name) => made.get(id)?.has(name)) ?? master;
    return { kind, url: latestAssetUrl(trackUrl, kind) };
  };
}

function isSound({ name, retention, payload }: Kind): boolean {
  return (
    name !== master && retention === "derivative" && (payload?.contentType.startsWith("audio/") ?? false)
  );
}

function kindsOf({ outcomes }: StoredTrack): ReadonlySet<string> {
  return new Set(
    outcomes
      .filter(({ status }) => status === "succeeded")
      .flatMap(({ kind, outputs }) => (outputs ? Object.keys(outputs) : kind === null ? [] : [kind])),
  );
}
