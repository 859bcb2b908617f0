/**
 * Ctrl-C in three stages: the first asks to stop, the second is told that stopping takes a moment, the third insists.
 * SIGTERM and SIGHUP only ever ask: npm and shells may send them twice.
 */
export interface Interrupts extends Disposable {
  /** Aborts at the first request to stop. */
  readonly signal: AbortSignal;
  onSecond: () => void;
  onThird: () => void;
}

export function listenForInterrupts(source: NodeJS.EventEmitter = process): Interrupts {
  const controller = new AbortController();
  let presses = 0;
  const ask = () => controller.abort();
  const press = () => {
    presses++;
    const already = controller.signal.aborted;
    ask();
    if (presses >= 3) interrupts.onThird();
    else if (already) interrupts.onSecond();
  };
  source.on("SIGINT", press);
  source.on("SIGTERM", ask);
  source.on("SIGHUP", ask);
  const interrupts: Interrupts = {
    signal: controller.signal,
    onSecond() {},
    onThird() {},
    [Symbol.dispose]() {
      source.off("SIGINT", press);
      source.off("SIGTERM", ask);
      source.off("SIGHUP", ask);
    },
  };
  return interrupts;
}
