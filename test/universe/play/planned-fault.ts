/** Something that happens to the world at a time. */
export type PlannedFault = { readonly atMs: number } & (
  | {
      readonly kind: "kill";
      readonly slot: string /** After so many more effects of that process; 0: at once. */;
      readonly afterEffects: number;
    }
  | { readonly kind: "preempt"; readonly slot: string }
  | { readonly kind: "freeze"; readonly slot: string; readonly forMs: number }
  | { readonly kind: "clock-jump"; readonly slot: string; readonly byMs: number }
  | { readonly kind: "disk-full"; readonly slot: string; readonly forMs: number }
  | {
      readonly kind: "queue-away" | "storage-away" | "database-away" | "storage-full";
      readonly forMs: number;
    }
  | {
      readonly kind: "database-lost";
      /** Until a new one answers, which knows nothing. */
      readonly forMs: number;
      /** How many rebuild it from storage, each by itself; 0: what comes back is what the catalogs find. */
      readonly rebuilds: number;
    }
  | { readonly kind: "expire"; readonly share: number }
  | { readonly kind: "deploy" | "roll-back"; readonly slot: string }
);
