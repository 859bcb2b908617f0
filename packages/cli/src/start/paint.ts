import { styleText } from "node:util";

/** Colours for text; each returns its text unchanged where colours are off. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
}

const unchanged = (text: string) => text;

export const plainPaint: Paint = {
  bold: unchanged,
  dim: unchanged,
  good: unchanged,
  bad: unchanged,
  accent: unchanged,
};

/** Colours where the stream is a terminal that has them, and `NO_COLOR` and its kin don't forbid them. */
export function createPaint(stream: NodeJS.WritableStream): Paint {
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    styleText(format, text, { stream, validateStream: true });
  return {
    bold: style("bold"),
    dim: style("dim"),
    good: style("green"),
    bad: style("red"),
    accent: style("cyan"),
  };
}
