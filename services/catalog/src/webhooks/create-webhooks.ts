import { createDeliveryQueue, type Pool } from "@segue/catalog-db";
import type { NewsSource } from "@segue/step";
import type { Logger } from "@segue/telemetry";
import type { ChangeRow } from "../changes/tell-changes.ts";
import type { WebhooksConfig } from "../config.ts";
import { type DeliverySender, type SendEvents, sendDeliveries } from "./send-deliveries.ts";

export interface WebhooksOptions {
  /** Of its own: others don't wait for what is noted of deliveries, nor that for what is looked for. It is ended with the rest. */
  readonly pool: Pool;
  readonly config: WebhooksConfig;
  readonly news?: NewsSource | undefined;
  readonly events: SendEvents;
  readonly log: Logger;
}

/** Sends what happens to webhooks, unless this catalog is not to. */
export interface Webhooks {
  /** The tables are there. */
  start(): void;
  /** These are committed. */
  note(changes: readonly ChangeRow[]): void;
  stop(): Promise<void>;
}

export function createWebhooks({ pool, config, news, events, log }: WebhooksOptions): Webhooks {
  const { isOn, keepMs, allowPrivate, proxy } = config;
  let sender: DeliverySender | undefined;
  news?.onNews((told) => {
    if (told === undefined || told.type === "WebhooksChanged") sender?.call();
  });
  return {
    start() {
      if (!isOn) return;
      sender = sendDeliveries({
        ...{ queue: createDeliveryQueue(pool), log, events },
        ...{ allowPrivate, proxy, keepMs },
      });
    },
    note(changes) {
      if (changes.length > 0) sender?.note();
    },
    async stop() {
      await sender?.stop();
      await pool.end();
    },
  };
}
