import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { isDeepStrictEqual } from "node:util";
import { describeStep } from "@segue/contracts";
import type { Check } from "../check.ts";
import { Nonconformance } from "../nonconformance.ts";
import { addressIn } from "../subject.ts";

/** The address holds whatever the result depends on: nothing that JSON loses, no weights but those that are named, no change on the way. */
export const tellsWhatItIs: Check = {
  title: "it is data: what its result depends on is in its address",
  async run(subject) {
    const { step } = subject;
    describeStep(step);
    const throughJson = JSON.parse(JSON.stringify(step.params));
    if (!isDeepStrictEqual(throughJson, step.params))
      throw new Nonconformance(
        `params: expected JSON, which is what the address is made of, got ${Object.prototype.toString.call(step.params)} that JSON makes ${JSON.stringify(step.params)}`,
      );
    if (step.model && step.weightsFile) {
      const digest = await digestFile(step.weightsFile);
      if (digest !== step.model.digest)
        throw new Nonconformance(
          `model ${step.model.name}: the weights have the SHA-256 ${digest}, the address has ${step.model.digest}`,
        );
    }
    for (const sample of subject.samples) await subject.reference(sample);
    if (addressIn(step) !== subject.address)
      throw new Nonconformance("its address was another one after it had run");
    return undefined;
  },
};

async function digestFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
