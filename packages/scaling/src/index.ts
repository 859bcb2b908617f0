export { type WantedService, wantedByService } from "./wanted-by-service.ts";
