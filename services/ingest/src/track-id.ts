export { createId as createTrackId } from "@segue/contracts";
