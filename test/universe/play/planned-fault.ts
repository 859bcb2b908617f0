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
  | { readonly kind: "expire"; readonly share: number }
  | { readonly kind: "deploy" | "roll-back"; readonly slot: string }
);
