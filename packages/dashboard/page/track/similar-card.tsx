import { SimilarTracks } from "@segue/contracts";
import { ApiProblem } from "../api/api-problem.ts";
import { useApp } from "../app-context.ts";
import { Bar, Card, Trouble } from "../parts/parts.tsx";
import { useLoaded } from "../parts/use-loaded.ts";
import { hashOf } from "../routes.ts";

const shown = 8;

/** Tracks that sound like it; nothing where it has no vector. @param seen another reading begins where it is another: its results have changed. */
export function SimilarCard({ id, seen }: { readonly id: string; readonly seen: string }) {
  const { api } = useApp();
  const path = `v1/tracks/${encodeURIComponent(id)}/similar?limit=${shown}`;
  const { value, error } = useLoaded(
    (signal) =>
      api.get(path, SimilarTracks, signal).catch((problem: unknown) => {
        if (problem instanceof ApiProblem && problem.code === "no-vector") return null;
        throw problem;
      }),
    [api, path, seen],
  );
  if (value === null || (value === undefined && error === undefined)) return null;
  return (
    <Card title="Similar tracks" aside={<span class="quiet">{value?.by}</span>}>
      <Trouble error={error} />
      {value?.tracks.length === 0 ? <p class="none">There are no others yet.</p> : null}
      {value?.tracks.map(({ id: other, title, fileName, similarity }) => (
        <div class="sure" key={other}>
          <a href={hashOf({ page: "track", id: other })}>{title ?? fileName ?? other}</a>
          <Bar label={title ?? fileName ?? other} value={similarity} tone="busy" />
          <span class="quiet">{similarity.toFixed(2)}</span>
        </div>
      ))}
    </Card>
  );
}
