import { afterAll } from "vitest";
import { endAll } from "../../support/pubsub-processes.ts";

export { end, type ServerProcess, spawnEmulator, spawnPubSub } from "../../support/pubsub-processes.ts";

// A test that fails before it ends its server must not leave it behind: it would hold the runner's own pipes open.
afterAll(endAll);
