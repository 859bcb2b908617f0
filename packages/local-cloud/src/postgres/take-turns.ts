/** Of one client at a time: the session is its own until it gives it back. */
export interface Turn {
  /** What its client asked last, for those who look why others wait. */
  doing: string;
  end(): void;
}

export interface HeldUp {
  /** What the client that has the session asked last. */
  readonly doing: string;
  readonly forMs: number;
  /** Clients that wait for the session. */
  readonly waiting: number;
}

/** Past it somebody is told. */
const longWaitMs = 10_000;

/** Lets clients have the one session in the order in which they ask for it. */
export function createTurns(onHeldUp: (held: HeldUp) => void): () => Promise<Turn> {
  let last = Promise.resolve();
  let waiting = 0;
  let holder: { readonly turn: Turn; readonly since: number } | undefined;
  const tell = () => {
    if (holder)
      onHeldUp({ doing: holder.turn.doing, forMs: Math.round(performance.now() - holder.since), waiting });
  };
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = last;
    last = promise;
    waiting += 1;
    const watch = setTimeout(tell, longWaitMs);
    await before;
    clearTimeout(watch);
    waiting -= 1;
    const turn: Turn = {
      doing: "",
      end() {
        holder = undefined;
        resolve();
      },
    };
    holder = { turn, since: performance.now() };
    return turn;
  };
}
