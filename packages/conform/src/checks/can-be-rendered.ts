import { type KnownRendering, outputsOf, renderingsOf } from "@segue/contracts";
import { NotRenderableError, rendererOf } from "@segue/renderings";
import type { Check } from "../check.ts";
import { Nonconformance } from "../nonconformance.ts";

/** A kind's renderings are made by whoever serves it, of payloads that its step has written. */
export const canBeRendered: Check = {
  title: "what its kinds' renderings are made of is what it writes",
  async run(subject) {
    const wanted = outputsOf(subject.step).flatMap(({ name: output, kind }) =>
      renderingsOf(kind).map((rendering) => ({ output, rendering })),
    );
    if (wanted.length === 0) return { skipped: "its kinds have none" };
    for (const sample of [...subject.samples, ...subject.long]) {
      const { made } = await subject.reference(sample);
      for (const { output, rendering } of wanted) {
        const problem = await renderingProblem(rendering, made.payloads[output] ?? Buffer.alloc(0));
        if (problem)
          throw new Nonconformance(`sample "${sample.name}": the rendering ${rendering.name}: ${problem}`);
      }
    }
    return { measured: wanted.map(({ rendering }) => rendering.name).join(", ") };
  },
};

async function renderingProblem({ by }: KnownRendering, bytes: Buffer): Promise<string | undefined> {
  const payload = {
    sizeBytes: bytes.length,
    read: async (range = { start: 0, end: bytes.length - 1 }) => bytes.subarray(range.start, range.end + 1),
  };
  try {
    const [once, again] = [await rendererOf(by).render(payload), await rendererOf(by).render(payload)];
    return once === again ? undefined : "it is another one each time";
  } catch (error) {
    if (error instanceof NotRenderableError) return error.message;
    throw error;
  }
}
