import { real } from "../world/real.ts";
import { SimTimer } from "../world/sim-timer.ts";
import { worldNow } from "../world/world.ts";

type Callback = (...values: unknown[]) => void;

/** No process of a world grows. */
const residentBytes = 100 * 2 ** 20;

/** A timer that never comes: of a database that computes, whose limits are the world's. */
const never = {
  unref: () => never,
  ref: () => never,
  hasRef: () => false,
  refresh: () => never,
  close: () => never,
};

function startTimer(callback: Callback, delayMs: number | undefined, values: unknown[], repeats: boolean) {
  const world = worldNow();
  if (!world) return undefined;
  if (world.isInDatabase) return never;
  return new SimTimer(world.scheduler, () => callback(...values), delayMs ?? 0, { repeats });
}

class WorldDate extends real.Date {
  constructor(...given: []) {
    const world = worldNow();
    if (given.length > 0 || !world) super(...given);
    else super(world.scheduler.wallMs());
  }

  static override now(): number {
    return worldNow()?.scheduler.wallMs() ?? real.Date.now();
  }
}

function stop(timer: unknown, stopReal: (timer: never) => void): void {
  if (timer instanceof SimTimer) timer.stop();
  else if (timer !== never) stopReal(timer as never);
}

/** Takes the places of Node's clock, timers and randomness: in a world they are the world's, outside of one they are as ever. */
export function installGlobals(): void {
  Object.assign(globalThis, {
    Date: WorldDate,
    setTimeout: (callback: Callback, ms?: number, ...values: unknown[]) =>
      startTimer(callback, ms, values, false) ?? real.setTimeout(callback, ms, ...values),
    setInterval: (callback: Callback, ms?: number, ...values: unknown[]) =>
      startTimer(callback, ms, values, true) ?? real.setInterval(callback, ms, ...values),
    setImmediate: (callback: Callback, ...values: unknown[]) =>
      startTimer(callback, 0, values, false) ?? real.setImmediate(callback, ...values),
    clearTimeout: (timer: unknown) => stop(timer, real.clearTimeout),
    clearInterval: (timer: unknown) => stop(timer, real.clearInterval),
    clearImmediate: (timer: unknown) => stop(timer, real.clearImmediate),
  });
  performance.now = () => worldNow()?.scheduler.nowMs ?? real.performanceNow();
  const random = Math.random.bind(Math);
  Math.random = () => worldNow()?.scheduler.current.random.unit() ?? random();
  installRandomValues();
  installJoinedSignals();
  AbortSignal.timeout = (ms) => {
    const late = new AbortController();
    setTimeout(() => late.abort(new DOMException("the time is over", "TimeoutError")), ms).unref();
    return late.signal;
  };
  const usage = process.memoryUsage;
  process.memoryUsage = Object.assign(() => usage(), {
    rss: () => (worldNow() ? residentBytes : usage.rss()),
  });
}

/** A process that is dead listens to none of them any more. */
function installJoinedSignals(): void {
  const join = AbortSignal.any.bind(AbortSignal);
  AbortSignal.any = (signals) => {
    const joined = join(signals);
    worldNow()?.scheduler.current.root.joinedSignals.push(joined);
    return joined;
  };
}

/** What libraries draw random ids from. */
function installRandomValues(): void {
  const own = crypto.getRandomValues.bind(crypto);
  const value = <T extends Uint8Array>(bytes: T): T => {
    const world = worldNow();
    if (!world) return own(bytes);
    world.scheduler.current.random.fill(bytes);
    return bytes;
  };
  Object.defineProperty(crypto, "getRandomValues", { value });
}
