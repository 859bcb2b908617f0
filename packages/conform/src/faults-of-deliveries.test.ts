// Steps with one fault each that only the real runner shows, and what is said of them.
import { expect, test } from "vitest";
import { asksForWhatExpired } from "./checks/asks-for-what-expired.ts";
import { hasNeighbours } from "./checks/has-neighbours.ts";
import { isDeliveredAgain } from "./checks/is-delivered-again.ts";
import { isHandedOn } from "./checks/is-handed-on.ts";
import { refusesMalformedMessages } from "./checks/refuses-malformed-messages.ts";
import {
  changesDirectory,
  doesWithout,
  looksAround,
  takesAnything,
  yieldsCode,
} from "./fixtures/faulty-deliveries.ts";
import { findFaultOf } from "./fixtures/find-fault.ts";
import { textInputs } from "./fixtures/sound-samples.ts";

const module = new URL("./fixtures/faulty-deliveries.ts", import.meta.url);
const scriptAlone = async (folder: string) => ({
  hamlet: { script: (await textInputs(folder, "hamlet", "to be")).script },
});

test("what works in the main thread alone", async () => {
  const fault = await findFaultOf(isDeliveredAgain, changesDirectory, { module, samples: scriptAlone });
  expect(fault).toMatch(/nothing came of it.*process\.chdir\(\) is not supported in workers/s);
});

test("a checkpoint's state that is no JSON", async () => {
  const fault = await findFaultOf(isHandedOn, yieldsCode, { module, samples: scriptAlone });
  expect(fault).toMatch(/nothing came of it.*could not be cloned/s);
});

test("facts that nothing can be made of are made something of", async () => {
  const fault = await findFaultOf(refusesMalformedMessages, takesAnything, { module, samples: scriptAlone });
  expect(fault).toContain("expected no result, got one that succeeded");
});

test("what makes nothing after malformed messages is told by its own error, not by theirs", async () => {
  const fault = await findFaultOf(refusesMalformedMessages, changesDirectory, {
    module,
    samples: scriptAlone,
  });
  expect(fault).toMatch(/nothing came of it.*process\.chdir\(\) is not supported in workers/s);
});

test("an input that has expired is done without", async () => {
  const samples = async (folder: string) => ({ hamlet: await textInputs(folder, "hamlet", "to be") });
  const fault = await findFaultOf(asksForWhatExpired, doesWithout, { module, samples });
  expect(fault).toContain("after its voice had expired: the facts differ");
});

test("what other attempts of its worker have written is read", async () => {
  const fault = await findFaultOf(hasNeighbours, looksAround, { module, samples: scriptAlone });
  expect(fault).toMatch(/in a worker that hosts its neighbours: the payload differs/);
});

test("a module that does not export the step", async () => {
  const elsewhere = new URL("./fixtures/sound.step.ts", import.meta.url);
  const conformance = { module: elsewhere, samples: scriptAlone };
  expect(await findFaultOf(isDeliveredAgain, changesDirectory, conformance)).toContain(
    'expected to export the step "changes-directory"',
  );
});
