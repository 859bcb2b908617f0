import type { Consumer } from "./consumer.ts";

/** Those who take a subscription's messages, the one that was served longest ago first. */
export class ConsumerSet extends Set<Consumer> {
  hasRoom(): boolean {
    for (const consumer of this) if (consumer.fits(0)) return true;
    return false;
  }

  /** The consumer with room that has least to do; of equals the one that was served longest ago. */
  pick(bytes: number): Consumer | null {
    let best: Consumer | null = null;
    for (const consumer of this) {
      if (!consumer.fits(bytes)) continue;
      if (!best || consumer.load < best.load) best = consumer;
    }
    return best;
  }

  /** To the end: what one gives back is offered to the others before it comes again. */
  served(consumer: Consumer): void {
    if (this.delete(consumer)) this.add(consumer);
  }

  /** Sends what each has taken; those that have closed leave. */
  flush(): void {
    for (const consumer of this) {
      consumer.flush();
      if (consumer.closed) this.delete(consumer);
    }
  }
}
