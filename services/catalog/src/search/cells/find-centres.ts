import { setImmediate } from "node:timers/promises";
import { type Centres, nearestCell } from "@segue/catalog-db";

/** Of vectors, between two turns of the event loop. */
const atOnce = 64;

/**
 * Middles of as many cells, among which vectors that are alike share one (k-means on the sphere: Dhillon and Modha, 2001). It begins with vectors of the sample, evenly spaced, so
 * that the same sample has the same middles; a cell that becomes empty keeps its middle. Others have their turn in between.
 *
 * @param signal ends it with its reason.
 * @param codes as `packVector` makes them, at least as many as cells.
 */
export async function findCentres(
  codes: readonly Buffer[],
  {
    cells,
    dimensions,
    rounds,
  }: { readonly cells: number; readonly dimensions: number; readonly rounds: number },
  signal?: AbortSignal,
): Promise<Centres> {
  const numbers = new Float32Array(cells * dimensions);
  for (let cell = 0; cell < cells; cell++) {
    const code = codes[Math.floor((cell * codes.length) / cells)];
    if (code) addTo(numbers, cell * dimensions, code, dimensions);
    shorten(numbers, cell * dimensions, dimensions);
  }
  let centres: Centres = { numbers, dimensions };
  for (let round = 0; round < rounds; round++) centres = await move(codes, centres, signal);
  return centres;
}

async function move(codes: readonly Buffer[], centres: Centres, signal?: AbortSignal): Promise<Centres> {
  const { dimensions } = centres;
  const sums = new Float32Array(centres.numbers.length);
  const isTaken = new Uint8Array(sums.length / dimensions);
  for (const [n, code] of codes.entries()) {
    const cell = nearestCell(code, centres);
    addTo(sums, cell * dimensions, code, dimensions);
    isTaken[cell] = 1;
    if (n % atOnce === 0) await setImmediate(undefined, { signal });
  }
  for (const [cell, taken] of isTaken.entries()) {
    const at = cell * dimensions;
    if (taken === 0) sums.set(centres.numbers.subarray(at, at + dimensions), at);
    else shorten(sums, at, dimensions);
  }
  return { numbers: sums, dimensions };
}

/** Each vector counts the same, however long. */
function addTo(numbers: Float32Array, at: number, code: Buffer, dimensions: number): void {
  const vector = new Int8Array(code.buffer, code.byteOffset, dimensions);
  let squares = 0;
  for (const number of vector) squares += number * number;
  const length = Math.sqrt(squares) || 1;
  for (let i = 0; i < dimensions; i++) numbers[at + i] = (numbers[at + i] ?? 0) + (vector[i] ?? 0) / length;
}

/** To the length of 1. */
function shorten(numbers: Float32Array, at: number, dimensions: number): void {
  let squares = 0;
  for (let i = 0; i < dimensions; i++) squares += (numbers[at + i] ?? 0) ** 2;
  const length = Math.sqrt(squares) || 1;
  for (let i = 0; i < dimensions; i++) numbers[at + i] = (numbers[at + i] ?? 0) / length;
}
