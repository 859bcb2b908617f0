import type { FetchObjects, Holds, UploadObjects } from "@segue/artifacts";
import type { Chain } from "@segue/chain";
import type { StepSpec } from "@segue/contracts";
import type { Publisher } from "@segue/queue";
import type { DeadLetterParts } from "@segue/runner";
import type { FetchConfig } from "./config.ts";
import type { FetchParts } from "./fetch-source.ts";
import type { HostSlots } from "./host-slots.ts";

/** What a fetch works with. */
export interface FetchContext extends FetchParts, DeadLetterParts {
  readonly chain: Chain<StepSpec>;
  readonly publisher: Publisher;
  readonly fetches: FetchObjects;
  readonly uploads: Pick<UploadObjects, "sourceOf" | "removeFile">;
  readonly holds: Holds;
  readonly slots: HostSlots;
  readonly config: Pick<FetchConfig, "sourceTimeoutMs" | "maxTries">;
  /** Aborted when what is fetched has to be given back. */
  readonly stopping: AbortSignal;
}
