import { locate } from "@segue/chain";
import { type RequestBlock, StepError, withAddresses } from "@segue/contracts";
import { mayFollowAnother } from "@segue/queue";
import { attempt } from "./attempt.ts";
import { demandInput } from "./demand-input.ts";
import { type Errand, restOf } from "./errand.ts";
import { findResult } from "./find-result.ts";
import type { Ending, HandlerParts } from "./handler-parts.ts";
import { tellRemade } from "./tell-remade.ts";

/** Sees to it that there is a result of the step for a request, and that it is told. */
export async function makeArtifact(parts: HandlerParts, asked: Errand): Promise<Ending> {
  checkVersion(parts.step, asked.request);
  if (mayFollowAnother(asked.delivery)) await tellRemade(parts, asked.request);
  let errand = asked;
  for (;;) {
    const place = locate(parts, errand.request);
    const found = await findResult(parts, errand, place);
    if (typeof found === "string") return found;
    const lack = await attempt(parts, errand, place, found.existing);
    if (lack === "overtaken") continue;
    if (typeof lack === "string") return lack;
    const { missing, failed, expired, comesFurther = false } = lack;
    const amended = await findAmended(parts, errand.request, [...missing, ...failed]);
    if (amended) {
      errand = { ...errand, request: amended };
      continue;
    }
    // After a fact, one that has not been made will be told of; and of one that has failed the catalog knows.
    if (missing.length + failed.length > 0 && !errand.demands) return "not-yet";
    // After a task, one that has failed is told of again: whoever sent the task may not have heard of it.
    const [kind = ""] = [...missing, ...failed, ...expired];
    return await demandInput(parts, comesFurther ? restOf(errand) : errand, kind);
  }
}

/** @throws {StepError} `worker-outdated` where a later version of the step was asked for than this worker has. */
function checkVersion(step: HandlerParts["step"], { versions }: RequestBlock): void {
  const asked = versions[step.name] ?? 0;
  if (asked <= step.version) return;
  throw new StepError(
    "worker-outdated",
    `${step.name} ${asked} was asked for; this worker has ${step.version}`,
  );
}

/** The request with what its plan says by now of inputs that are not where it was thought; undefined where that is nothing new. */
async function findAmended(
  { amendments }: HandlerParts,
  request: RequestBlock,
  kinds: readonly string[],
): Promise<RequestBlock | undefined> {
  const { requestId, addresses } = request;
  const found = await Promise.all(
    kinds.map(async (kind) => [kind, await amendments.find({ requestId, kind })] as const),
  );
  const news = found.flatMap(([kind, address]) =>
    address !== undefined && address !== addresses[kind] ? [[kind, address] as const] : [],
  );
  return news.length > 0 ? withAddresses(request, Object.fromEntries(news)) : undefined;
}
