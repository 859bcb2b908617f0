/** A law that was broken, and how: what a seed is kept for. */
export class Breach extends Error {
  readonly law: string;
  constructor(law: string, what: string) {
    super(`${law}: ${what}`);
    this.law = law;
  }
}

export type Report = (law: string, what: string) => void;
