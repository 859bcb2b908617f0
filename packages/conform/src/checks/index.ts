import type { Check } from "../check.ts";
import { asksForWhatExpired } from "./asks-for-what-expired.ts";
import { blamesTheMachine } from "./blames-the-machine.ts";
import { canBeRendered } from "./can-be-rendered.ts";
import { goesOnAnywhere } from "./goes-on-anywhere.ts";
import { hasNeighbours } from "./has-neighbours.ts";
import { isDeliveredAgain } from "./is-delivered-again.ts";
import { isHandedOn } from "./is-handed-on.ts";
import { keepsToItsMemory } from "./keeps-to-its-memory.ts";
import { leavesFilesAlone } from "./leaves-files-alone.ts";
import { leavesNothingOpen } from "./leaves-nothing-open.ts";
import { letsTroubleThrough } from "./lets-trouble-through.ts";
import { readsInRanges } from "./reads-in-ranges.ts";
import { readsWhatKindsAllow } from "./reads-what-kinds-allow.ts";
import { refusesByName } from "./refuses-by-name.ts";
import { refusesMalformedMessages } from "./refuses-malformed-messages.ts";
import { repeatsItself } from "./repeats-itself.ts";
import { returnsItsKind } from "./returns-its-kind.ts";
import { stopsWhenTold } from "./stops-when-told.ts";
import { survivesMalformedPayloads } from "./survives-malformed-payloads.ts";
import { tellsWhatItIs } from "./tells-what-it-is.ts";
import { worksInCompany } from "./works-in-company.ts";

/** Of a step alone, in this very thread. */
export const stepChecks: readonly Check[] = [
  tellsWhatItIs,
  returnsItsKind,
  canBeRendered,
  repeatsItself,
  goesOnAnywhere,
  readsInRanges,
  worksInCompany,
  stopsWhenTold,
  letsTroubleThrough,
  blamesTheMachine,
  readsWhatKindsAllow,
  survivesMalformedPayloads,
  refusesByName,
  leavesFilesAlone,
  leavesNothingOpen,
  keepsToItsMemory,
];

/** Of a step behind the real runner, over the stand-in for storage. */
export const deliveryChecks: readonly Check[] = [
  isDeliveredAgain,
  isHandedOn,
  refusesMalformedMessages,
  asksForWhatExpired,
  hasNeighbours,
];
