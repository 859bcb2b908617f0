import { createHash } from "node:crypto";
import { ownKindOf } from "@segue/contracts";
import type { PlacedFleet } from "@segue/step";
import type { MasterText } from "../fleet/results.ts";
import {
  cleave,
  grind,
  isFickle,
  joinFiles,
  label,
  pace,
  paint,
  polish,
  tile,
  weigh,
  writeMaster,
} from "../fleet/results.ts";

/** What must be at an address, whoever makes it. */
export interface Expected {
  readonly step: string;
  readonly version: number;
  readonly facts: unknown;
  /** Null for facts alone. */
  readonly payload: Buffer | null;
  /** Of several outputs, kind to what each has beside the mark of its run; null for a step that makes one artifact. */
  readonly outputs: Readonly<Record<string, string>> | null;
  readonly maySucceed: boolean;
  /** How it fails where it does; null where it must not. */
  readonly failsWith: string | null;
}

/** Of every master that is submitted, what each release makes of it: reckoned here, without the fleet. */
export class Expectations {
  readonly #byAddress = new Map<string, Expected>();
  /** By master and step. */
  readonly #addresses = new Map<string, Set<string>>();
  /** Of each address, outputs' and intermediates' included. */
  readonly #masters = new Map<string, string>();

  add(text: MasterText, fleets: readonly PlacedFleet[]): string {
    const master = writeMaster(text);
    const address = createHash("sha256").update(master).digest("hex");
    for (const { chain } of fleets) {
      const addresses = chain.addressesFor(address);
      for (const at of addresses.values()) if (at !== address) this.#masters.set(at, address);
      for (const step of chain.steps) {
        const at = addresses.get(ownKindOf(step));
        if (!at) continue;
        const key = `${address} ${step.name}`;
        this.#addresses.set(key, (this.#addresses.get(key) ?? new Set()).add(at));
        this.#byAddress.set(at, {
          step: step.name,
          version: step.version,
          ...expect(step.name, step.version, chain.step("weigh").version, text, master),
        });
      }
    }
    return address;
  }

  at(address: string): Expected | undefined {
    return this.#byAddress.get(address);
  }

  /** Of everything that is made of a master. */
  allAddressesOf(master: string): string[] {
    return [...this.#masters].flatMap(([address, of]) => (of === master ? [address] : []));
  }

  /** What is at an address was made of. */
  masterAt(address: string): string | undefined {
    return this.#masters.get(address);
  }

  /** Where the releases put what a step makes of a master. */
  addressesOf(master: string, step: string): readonly string[] {
    return [...(this.#addresses.get(`${master} ${step}`) ?? [])];
  }
}

function expect(
  step: string,
  version: number,
  weighs: number,
  text: MasterText,
  master: Buffer,
): Omit<Expected, "step" | "version"> {
  const grain = grind(master, 1);
  const succeeds = (facts: unknown, payload: Buffer | null = null) => ({
    ...{ facts, payload, outputs: null, maySucceed: true, failsWith: null },
  });
  switch (step) {
    case "grind":
      return succeeds({ pieces: text.tiles }, grain);
    case "paint":
      return text.isColourless
        ? { facts: null, payload: null, outputs: null, maySucceed: false, failsWith: "not-audio" }
        : succeeds({ digest: paint(grain, version) });
    case "weigh":
      return succeeds({ digest: weigh(grain, version) });
    case "label": {
      const colour = paint(grain, 1);
      const made = succeeds({ digest: label(colour, weigh(grain, weighs), version) });
      return isFickle(colour) ? { ...made, failsWith: "not-audio" } : made;
    }
    case "walk":
      return succeeds(
        { pieces: text.paces },
        joinFiles(text.paces, (index) => pace(grain, index, version)),
      );
    case "tile":
      return succeeds(
        { pieces: text.tiles },
        joinFiles(text.tiles, (index) => tile(grain, index, version)),
      );
    case "cleave": {
      const outputs = { husk: cleave(grain, "husk", version), dust: cleave(grain, "dust", version) };
      return { ...succeeds(null), outputs };
    }
    case "polish":
      return succeeds({ digest: polish(cleave(grain, "husk", 1), cleave(grain, "dust", 1), version) });
    default:
      throw new TypeError(`no such toy step: ${step}`);
  }
}
