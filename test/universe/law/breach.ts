/** A law that was broken, and how: what a seed is kept for. */
export class Breach extends Error {
  readonly law: string;
  /** Since the world began: nothing that was to come later has to do with it. */
  readonly atMs: number;

  constructor(law: string, what: string, atMs = Number.POSITIVE_INFINITY) {
    super(`${law}: ${what}`);
    this.law = law;
    this.atMs = atMs;
  }
}

export type Report = (law: string, what: string) => void;
