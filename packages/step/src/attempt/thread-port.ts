// The two ends of the conversation between where a step runs (a worker thread, or a quarantined process) and the main
// thread about one attempt.
import { type Failure, StepError } from "@segue/contracts";

/** What a thread says without waiting for an answer. */
export type ThreadMessage =
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn";
      readonly fields: object;
      readonly message: string;
    }
  | { readonly type: "spawned"; readonly pid: number }
  /** The attempt is this thread's now, where the system tells which that is. */
  | { readonly type: "entered"; readonly threadId: number }
  /** The step is set up and runs. */
  | { readonly type: "began" };

/** What a thread asks: the name of one of `AttemptRequests` and its arguments. */
export interface Question {
  readonly type: "ask";
  readonly id: number;
  readonly request: keyof AttemptRequests;
  readonly parameters: readonly unknown[];
}

type Reply =
  | { readonly type: "reply"; readonly id: number; readonly ok: true; readonly value: unknown }
  | {
      readonly type: "reply";
      readonly id: number;
      readonly ok: false;
      readonly failure: Failure;
    };

export type ToThread = Reply | { readonly type: "stop" };
export type FromThread = ThreadMessage | Question;

/** What the main thread does for an attempt: all that needs the network. */
export interface AttemptRequests {
  checkpoint(state: unknown, files: Readonly<Record<string, string>>): Promise<"continue" | "stop">;
  piece(index: number, state: unknown, files: Readonly<Record<string, string>>): Promise<"continue" | "stop">;
  fetchInput(input: string): Promise<string>;
  fetchRange(input: string, startByte: number, endByte: number): Promise<string>;
  fetchFile(name: string): Promise<string>;
}

/** What an asker speaks through: a thread's port, or a process's channel. */
export interface AskerPort {
  postMessage(message: FromThread): void;
  on(event: "message", listener: (message: ToThread) => void): unknown;
}

/** The thread's end. */
export function createAsker(port: AskerPort, onStop: () => void) {
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: StepError) => void }
  >();
  let lastId = 0;
  port.on("message", (message: ToThread) => {
    if (message.type === "stop") return onStop();
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.ok) asked?.resolve(message.value);
    else asked?.reject(StepError.fromFailure(message.failure));
  });
  return {
    say: (message: ThreadMessage) => port.postMessage(message),
    ask<R extends keyof AttemptRequests>(
      request: R,
      ...parameters: Parameters<AttemptRequests[R]>
    ): ReturnType<AttemptRequests[R]> {
      lastId += 1;
      const id = lastId;
      const answer = new Promise<unknown>((resolve, reject) => waiting.set(id, { resolve, reject }));
      port.postMessage({ type: "ask", id, request, parameters } satisfies Question);
      return answer as ReturnType<AttemptRequests[R]>;
    },
  };
}

/** The main thread's answer to a question. */
export async function answer(
  port: { postMessage(message: ToThread): void },
  requests: AttemptRequests,
  question: Question,
): Promise<void> {
  const { id, request, parameters } = question;
  try {
    const call = requests[request] as (...parameters: readonly unknown[]) => Promise<unknown>;
    port.postMessage({ type: "reply", id, ok: true, value: await call(...parameters) });
  } catch (thrown) {
    port.postMessage({ type: "reply", id, ok: false, failure: StepError.from(thrown).toFailure() });
  }
}
