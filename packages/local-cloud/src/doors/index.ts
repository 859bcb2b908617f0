export type { Access, DoorSpec, Grant } from "./door.ts";
export { type DoorsFile, readAccesses } from "./doors-file.ts";
