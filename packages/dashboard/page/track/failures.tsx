import type { ErrorReport, StepReport, TrackResource } from "@segue/contracts";
import type { z } from "zod";

/** What is wrong with a track, and what can be done. */
export function Failures({ track }: { readonly track: TrackResource }) {
  const failed = track.steps.filter(({ error }) => error !== null);
  const upgrades = track.steps.filter(({ failedUpgrade }) => failedUpgrade !== null);
  if (failed.length + upgrades.length === 0) return null;
  return (
    <section class="failures" aria-label="Failures">
      {failed.map((step) => (
        <Failure key={step.step} step={step} error={step.error} blocked={blockedBy(track, step.step)} />
      ))}
      {upgrades.map((step) => (
        <Failure
          key={`${step.step} later`}
          step={step}
          error={step.failedUpgrade?.error ?? null}
          blocked={[]}
          isLater
        />
      ))}
    </section>
  );
}

function blockedBy({ steps }: TrackResource, name: string): string[] {
  return steps.filter((step) => step.blockedBy.includes(name)).map(({ step }) => step);
}

function Failure(props: {
  readonly step: StepReport;
  readonly error: z.output<typeof ErrorReport> | null;
  readonly blocked: readonly string[];
  readonly isLater?: boolean;
}) {
  const { step, error, blocked, isLater = false } = props;
  if (error === null) return null;
  return (
    <article class="failure">
      <h2>
        {step.step} <span class="code">{error.code}</span>
      </h2>
      <p>{error.message}</p>
      {error.underlying === null ? null : (
        <p class="quiet">
          The last of {error.attempts ?? "its"} attempts: {error.underlying.code}: {error.underlying.message}
        </p>
      )}
      <p class="quiet">
        {error.meaning} {error.remedy}
      </p>
      {isLater ? <p class="quiet">What was made before still holds.</p> : null}
      {blocked.length === 0 ? null : (
        <p class="quiet">Nothing came of {blocked.join(", ")}, which need it.</p>
      )}
    </article>
  );
}
