/** Vectors as they are kept: a byte a number, whatever their length. Of what two of them are alike, that costs some thousandths. */

/** Numbers from -127 to 127, the largest of them as large as can be. @param vector not all 0. */
export function packVector(vector: readonly number[]): Buffer {
  const largest = Math.max(...vector.map(Math.abs));
  return Buffer.from(Int8Array.from(vector, (number) => Math.round((number / largest) * 127)).buffer);
}

/** A list of packed vectors, one behind the other, each with what stands before it. */
export interface PackedVectors {
  readonly bytes: Buffer;
  /** Bytes that stand before each. */
  readonly before: number;
  readonly dimensions: number;
}

/** How alike each is to one, from -1 to 1: the cosine of the angle between them. */
export function similarities(to: Buffer, { bytes, before, dimensions }: PackedVectors): Float64Array {
  const numbers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = new Int8Array(to.buffer, to.byteOffset, dimensions);
  const size = before + dimensions;
  const found = new Float64Array(Math.floor(bytes.byteLength / size));
  const length = Math.sqrt(dot(wanted, 0, wanted, dimensions));
  for (let n = 0; n < found.length; n++) {
    const at = n * size + before;
    let [product, own] = [0, 0];
    for (let i = 0; i < dimensions; i++) {
      const number = numbers[at + i] ?? 0;
      product += number * (wanted[i] ?? 0);
      own += number * number;
    }
    found[n] = own > 0 ? product / (length * Math.sqrt(own)) : 0;
  }
  return found;
}

function dot(a: Int8Array, at: number, b: Int8Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (a[at + i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Middles of cells, each of length 1, one behind the other. */
export interface Centres {
  readonly numbers: Float32Array;
  readonly dimensions: number;
}

/** As the database keeps them. */
export function readCentres(bytes: Buffer, dimensions: number): Centres {
  const count = Math.floor(bytes.byteLength / 4);
  const numbers = Float32Array.from({ length: count }, (_, n) => bytes.readFloatLE(n * 4));
  return { numbers, dimensions };
}

export function writeCentres({ numbers }: Centres): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [n, number] of numbers.entries()) bytes.writeFloatLE(number, n * 4);
  return bytes;
}

/** How near a vector is to each of the middles, up to a factor that is the same for all. */
export function nearness(code: Buffer, { numbers, dimensions }: Centres): Float64Array {
  const vector = Float32Array.from(new Int8Array(code.buffer, code.byteOffset, dimensions));
  const found = new Float64Array(numbers.length / dimensions);
  for (let n = 0; n < found.length; n++) {
    const at = n * dimensions;
    let sum = 0;
    for (let i = 0; i < dimensions; i++) sum += (numbers[at + i] ?? 0) * (vector[i] ?? 0);
    found[n] = sum;
  }
  return found;
}

/** The cell that a vector is in: the first of those whose middles are nearest. */
export function nearestCell(code: Buffer, centres: Centres): number {
  const near = nearness(code, centres);
  let best = 0;
  for (let n = 1; n < near.length; n++) if ((near[n] ?? 0) > (near[best] ?? 0)) best = n;
  return best;
}

/** The places of the largest few, the largest first, the first of equals first. */
export function largest(numbers: Float64Array, few: number): number[] {
  const places: number[] = [];
  const at = (place: number) => numbers[places[place] ?? 0] ?? 0;
  for (let n = 0; n < numbers.length; n++) {
    const number = numbers[n] ?? Number.NaN;
    if (Number.isNaN(number) || (places.length === few && number <= at(few - 1))) continue;
    if (places.length === few) places.pop();
    let place = places.length;
    while (place > 0 && at(place - 1) < number) place -= 1;
    places.splice(place, 0, n);
  }
  return places;
}
