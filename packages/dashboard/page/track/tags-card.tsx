import type { Tags } from "@segue/contracts";
import { formatPercent } from "@segue/wording";
import type { z } from "zod";
import { Bar, Card } from "../parts/parts.tsx";

export function TagsCard({
  facts: { tags, reason, model },
}: {
  readonly facts: z.output<typeof Tags.facts>;
}) {
  return (
    <Card title="Tags" aside={<span class="quiet">{`${model.name} ${model.version}`}</span>}>
      {tags.length === 0 ? <p class="none">No tags{reason === undefined ? "" : `: ${reason}`}</p> : null}
      {tags.map(({ tag, score }) => (
        <div class="sure" key={tag}>
          <span>{tag}</span>
          <Bar label={tag} value={score} tone="busy" />
          <span class="quiet">{formatPercent(score)}</span>
        </div>
      ))}
    </Card>
  );
}
