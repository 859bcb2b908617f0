import type { Kind, Produces } from "@segue/contracts";
import type { StepDefinition } from "@segue/step";
import { afterAll, beforeAll, describe, test } from "vitest";
import { deliveryChecks, stepChecks } from "./checks/index.ts";
import type { Conformance } from "./sample.ts";
import { createSubject, type Subject } from "./subject.ts";

/**
 * Registers tests of all that every step promises, in a file of vitest: one for each promise, named for it. They run the step alone on
 * the samples; what is measured on the way is told as the test's annotation, and what does not apply is skipped with the reason.
 *
 * @example
 * conformStep(tempo, {
 *   module: new URL("./tempo.step.ts", import.meta.url),
 *   samples: async (folder) => ({ clicks: { mono16k: await writeClicks(join(folder, "clicks.wav")) } }),
 * });
 */
export function conformStep<C extends Readonly<Record<string, Kind>>, P extends Produces, Work>(
  step: StepDefinition<C, P, Work>,
  conformance: Conformance<C, P, Work>,
): void {
  describe(`${step.name} conforms`, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await createSubject(step, conformance);
    });
    afterAll(() => subject?.[Symbol.asyncDispose]());
    for (const check of [...stepChecks, ...deliveryChecks])
      test(check.title, async ({ skip, annotate }) => {
        const finding = await check.run(subject);
        if (finding && "skipped" in finding) skip(finding.skipped);
        if (finding && "measured" in finding) await annotate(finding.measured);
      });
  });
}
