/** A message as it came to the catalog. */
export interface Incoming {
  readonly id: string;
  readonly data: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly publishedAt: Date;
  /** As the chain's topology names it: `tracks`, `outcomes` or `dead-letter`. */
  readonly topic: string;
  readonly subscription: string;
}
