export { readWaiting } from "./waiting-work.ts";
export { type WantedService, wantedByService } from "./wanted-by-service.ts";
export { type ReplicaSettings, startSec, type Waiting, wantedReplicas } from "./wanted-replicas.ts";
