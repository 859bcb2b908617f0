import { createHash } from "node:crypto";
import { type MasterText, writeMaster } from "../fleet/results.ts";
import type { Errand } from "../play/plan.ts";
import type { Report } from "./breach.ts";

type Of<Kind extends Errand["kind"]> = Extract<Errand, { readonly kind: Kind }>;

/** The content address of what a client sends. */
export function contentOf(master: MasterText): string {
  return createHash("sha256").update(writeMaster(master)).digest("hex");
}

/** What laws say of what was made of a master, which nobody keeps once it is deleted. What they say of tracks holds of those that are deleted, too. */
const waivable: ReadonlySet<string> = new Set([
  "assets stay",
  "records stay",
  "what is needed is not deleted",
  "stored before it is told",
  "made once",
  "records follow each other",
]);

/** Takedown of a master, as far as clients know. */
interface TakenDown {
  readonly again: "refuse" | "new";
  /** When the client was promised; before that it may have happened or not. */
  promisedAtMs: number | undefined;
}

/** What clients have asked to be gone. */
export class Deletions {
  /** Ids of tracks. */
  readonly tracks = new Set<string>();
  /** Masters of which a track was deleted. */
  readonly masters = new Set<string>();
  readonly #takenDown = new Map<string, TakenDown[]>();

  noteDeleted(trackId: string, { master }: Of<"submit">): void {
    this.tracks.add(trackId);
    this.masters.add(contentOf(master));
  }

  noteAsked({ master, again }: Of<"takedown">): void {
    const address = contentOf(master);
    this.masters.add(address);
    const before = this.#takenDown.get(address) ?? [];
    if (before.length === 0) this.#takenDown.set(address, [{ again, promisedAtMs: undefined }]);
  }

  noteTakenDown({ master }: Of<"takedown">, nowMs: number): void {
    for (const each of this.#takenDown.get(contentOf(master)) ?? []) each.promisedAtMs ??= nowMs;
  }

  /** What has become of a track in the end: it is gone for certain, it stays, or both would be right. */
  fateOf(trackId: string, { master }: Of<"submit">, promisedAtMs: number): "gone" | "stays" | "either" {
    if (this.tracks.has(trackId)) return "gone";
    const taken = this.#takenDown.get(contentOf(master)) ?? [];
    if (taken.length === 0) return "stays";
    if (
      taken.some(
        ({ again, promisedAtMs: at }) =>
          at !== undefined && (again === "refuse" || promisedAtMs < at - 60_000),
      )
    )
      return "gone";
    return "either";
  }

  /** Whether an errand may be answered that what it is about is gone. */
  mayRefuse(errand: Errand, idOf: (key: string) => string | undefined): boolean {
    switch (errand.kind) {
      case "submit":
        return this.masters.has(contentOf(errand.master));
      case "replay":
      case "delete":
        return idOf(errand.of) !== undefined && this.masters.size > 0;
      default:
        return false;
    }
  }

  /** Passes on what is wrong, but for what must be where something is deleted. @param masterAt of the address of what was made. */
  waive(report: Report, masterAt: (address: string) => string | undefined): Report {
    const isAbout = (what: string) =>
      (what.match(/[0-9a-f]{64}/g) ?? []).some(
        (address) => this.masters.has(address) || this.masters.has(masterAt(address) ?? ""),
      );
    return (law, what) => {
      if (!waivable.has(law) || !isAbout(what)) report(law, what);
    };
  }
}
