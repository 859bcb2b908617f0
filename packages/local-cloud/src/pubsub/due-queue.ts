/** A min-heap of items by due time, with one timer for the earliest: nothing runs while nothing is due. */
export class DueQueue<T> {
  readonly #heap: { dueMs: number; item: T }[] = [];
  readonly #onDue: (items: T[]) => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Infinity;

  /** `onDue` gets all items whose time has come, in order of due time. `now` is in epoch ms. */
  constructor(onDue: (items: T[]) => void, now: () => number) {
    this.#onDue = onDue;
    this.#now = now;
  }

  add(dueMs: number, item: T): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push({ dueMs, item });
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#due(parent) <= dueMs) break;
      this.#swap(at, parent);
      at = parent;
    }
    this.#arm();
  }

  clear(): void {
    this.#heap.length = 0;
    this.#arm();
  }

  #due(index: number): number {
    return this.#heap[index]?.dueMs ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (x && y) [this.#heap[a], this.#heap[b]] = [y, x];
  }

  #pop(): T | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (!top || !last) return undefined;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      let at = 0;
      for (;;) {
        const left = 2 * at + 1;
        const child = this.#due(left + 1) < this.#due(left) ? left + 1 : left;
        if (this.#due(child) >= this.#due(at)) break;
        this.#swap(at, child);
        at = child;
      }
    }
    return top.item;
  }

  #arm(): void {
    const dueMs = this.#due(0);
    if (dueMs === this.#timerMs) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerMs = dueMs;
    this.#timer = null;
    if (dueMs === Infinity) return;
    // setTimeout takes at most 2^31 - 1 ms; a later due time is looked at again then.
    const waitMs = Math.min(Math.max(0, Math.ceil(dueMs - this.#now())), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#fire(), waitMs);
  }

  #fire(): void {
    this.#timer = null;
    this.#timerMs = Infinity;
    const items: T[] = [];
    while (this.#due(0) <= this.#now()) {
      const item = this.#pop();
      if (item !== undefined) items.push(item);
    }
    this.#arm();
    if (items.length > 0) this.#onDue(items);
  }
}
