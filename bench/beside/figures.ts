/** What is measured of both sides, in the order in which it is told. All are less where it is better. */
export const figures = {
  "chain-cpu": "chain: a track, CPU-s of every process",
  "chain-latency": "chain: a track, s from acceptance to the last result",
  overtake: "overtake: the same while a backfill runs",
  mix: "mix: a long one, s from acceptance to the last result",
  plan: "plan: over the catalog, s",
  make: "make: a backfill over the catalog, s",
} as const;
export type Figure = keyof typeof figures;
export type Measured = Readonly<Partial<Record<Figure, number>>>;

/** What a side is told to do. */
export type Order =
  | { readonly do: "open-fleet" }
  | {
      readonly do: "chain" | "warm-up" | "overtake" | "mix";
      readonly path: string;
      readonly fileName: string;
    }
  | { readonly do: "open-catalog"; readonly tracks: number }
  | { readonly do: "plan" | "make" }
  | { readonly do: "close" };

export type Answer = { readonly measured: Measured } | { readonly error: string };
