import type { Check } from "../check.ts";
import { blamesTheMachine } from "./blames-the-machine.ts";
import { goesOnAnywhere } from "./goes-on-anywhere.ts";
import { keepsToItsMemory } from "./keeps-to-its-memory.ts";
import { leavesFilesAlone } from "./leaves-files-alone.ts";
import { leavesNothingOpen } from "./leaves-nothing-open.ts";
import { letsTroubleThrough } from "./lets-trouble-through.ts";
import { readsInRanges } from "./reads-in-ranges.ts";
import { readsWhatKindsAllow } from "./reads-what-kinds-allow.ts";
import { refusesByName } from "./refuses-by-name.ts";
import { repeatsItself } from "./repeats-itself.ts";
import { returnsItsKind } from "./returns-its-kind.ts";
import { stopsWhenTold } from "./stops-when-told.ts";
import { survivesMalformedPayloads } from "./survives-malformed-payloads.ts";
import { tellsWhatItIs } from "./tells-what-it-is.ts";

/** Of a step alone, in this very thread. */
export const stepChecks: readonly Check[] = [
  tellsWhatItIs,
  returnsItsKind,
  repeatsItself,
  goesOnAnywhere,
  readsInRanges,
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
