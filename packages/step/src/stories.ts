import type { Names } from "@segue/chain";
import { type DeadLettered, DeadLettered as DeadLetteredSchema, type Failure } from "@segue/contracts";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";

export type Story = DeadLettered["story"];

/**
 * The failed attempts of a message, kept between deliveries so that any worker can tell the whole story. Delivery
 * attempts can't serve: drains and preemptions count as such. One small object per failure, in the scratch bucket,
 * which expires.
 */
export interface Stories {
  read(messageId: string): Promise<Story>;
  append(messageId: string, entry: { worker: string; error: Failure; at: string }): Promise<Story>;
}

export function createStories(store: ObjectStore, names: Names): Stories {
  const ref = (messageId: string, chapter: number) => ({
    bucket: names.bucket("scratch"),
    name: `${messageId}.story.${chapter}.json`,
  });
  const read = async (messageId: string): Promise<Story> => {
    const story: Story = [];
    for (;;) {
      try {
        const entry = await store.readJson(ref(messageId, story.length));
        story.push(DeadLetteredSchema.shape.story.element.parse(entry));
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return story;
        throw error;
      }
    }
  };
  return {
    read,
    async append(messageId, entry) {
      const story = await read(messageId);
      const body = Buffer.from(JSON.stringify(entry));
      await store.writeObject({
        ...ref(messageId, story.length),
        body,
        contentType: "application/json",
        createOnly: true,
      });
      return [...story, entry];
    },
  };
}
