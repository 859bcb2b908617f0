import { InvalidArgumentError } from "commander";

export function parseRate(text: string): number {
  const rate = Number(text);
  if (text.trim() !== "" && rate > 0 && rate <= 100_000) return rate;
  throw new InvalidArgumentError(`expected a number, more than 0 and at most 100000, got "${text}"`);
}

export function parseCount(text: string): number {
  if (/^\d+$/.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError(`expected a number from 1, got "${text}"`);
}

export function parseGrace(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 30 * 86_400) return Number(text);
  throw new InvalidArgumentError(`expected seconds, at most 30 days of them, got "${text}"`);
}
