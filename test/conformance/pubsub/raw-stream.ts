import type { v1 } from "@google-cloud/pubsub";

type Stream = ReturnType<v1.SubscriberClient["streamingPull"]>;
type StreamRequest = Parameters<Stream["write"]>[0];
type StreamMessage = { ackId: string; text: string };

/** A StreamingPull stream driven by hand: what the server sends, with nothing acknowledged or extended by itself. */
export class RawStream {
  readonly messages: StreamMessage[] = [];
  responses = 0;
  /** Of these, how many said whether the subscription is ordered, and that it is. */
  ordered = 0;
  /** Settles when the stream fails. */
  readonly failed: Promise<Error>;
  readonly #stream: Stream;
  #wake = () => {};

  constructor(client: v1.SubscriberClient, first: Record<string, unknown>) {
    this.#stream = client.streamingPull();
    this.failed = new Promise((resolve) => {
      this.#stream.on("error", (error: Error) => {
        resolve(error);
        this.#wake();
      });
    });
    this.#stream.on("data", (response: ReceivedResponse) => {
      this.responses++;
      if (response.subscriptionProperties?.messageOrderingEnabled) this.ordered++;
      for (const { ackId, message } of response.receivedMessages ?? []) {
        this.messages.push({ ackId: ackId ?? "", text: Buffer.from(message?.data ?? "").toString() });
      }
      this.#wake();
    });
    this.write(first);
  }

  write(request: StreamRequest): void {
    this.#stream.write(request);
  }

  /** Sends nothing more, and resolves when the server has ended the stream. */
  halfClose(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#stream.once("end", () => resolve()));
    this.#stream.end();
    return ended;
  }

  /** Resolves when `met` holds; rejects after `timeoutMs`. */
  async until(met: () => boolean, timeoutMs = 5000): Promise<void> {
    const untilMs = Date.now() + timeoutMs;
    while (!met()) {
      const leftMs = untilMs - Date.now();
      if (leftMs <= 0) throw new Error(`not within ${timeoutMs} ms; ${this.messages.length} messages came`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#stream.cancel();
  }
}

type ReceivedResponse = {
  subscriptionProperties?: { messageOrderingEnabled?: boolean | null } | null;
  receivedMessages?:
    | { ackId?: string | null; message?: { data?: Uint8Array | string | null } | null }[]
    | null;
};
