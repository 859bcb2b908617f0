import type { Owner } from "./owner.ts";

/** Something that will happen. */
export interface WorldEvent {
  atMs: number;
  /** Of events at the same time the one that was planned first comes first. */
  order: number;
  readonly owner: Owner;
  readonly label: string;
  /** Undefined once it is cancelled, or has happened. */
  action: (() => void) | undefined;
}

function isBefore(a: WorldEvent, b: WorldEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Events in the order of their times. */
export class EventHeap {
  readonly #items: WorldEvent[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): WorldEvent | undefined {
    return this.#items[0];
  }

  push(event: WorldEvent): void {
    const items = this.#items;
    let index = items.push(event) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex];
      if (!parent || !isBefore(event, parent)) break;
      items[index] = parent;
      index = parentIndex;
    }
    items[index] = event;
  }

  pop(): WorldEvent | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (!first || !last || items.length === 0) return first;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = items[childIndex];
      if (!child) break;
      const other = items[childIndex + 1];
      if (other && isBefore(other, child)) {
        child = other;
        childIndex += 1;
      }
      if (!isBefore(child, last)) break;
      items[index] = child;
      index = childIndex;
    }
    items[index] = last;
    return first;
  }
}
