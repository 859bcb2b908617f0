import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Names } from "@segue/chain";
import { StoryEntry, storyAttribute } from "@segue/contracts";
import type { Delivery } from "@segue/queue";
import { ObjectNotFoundError, type ObjectStore } from "@segue/store";
import { z } from "zod";
import { createObject, replaceObject } from "./json-object.ts";

/** The failed attempts of one message, oldest first. */
export interface Story {
  readonly entries: readonly StoryEntry[];
  /** How many of the entries are attempts that began and never ended: their workers crashed, or were taken away. */
  readonly crashes: number;
}

const Began = StoryEntry.pick({ at: true, worker: true });
/** A failure; an attempt that began; one that began and ended without a failure; or what a younger release notes, which counts for nothing here. */
const Chapter = z.union([
  StoryEntry,
  Began.extend({ began: z.literal(true) }),
  Began.extend({ ended: z.literal(true) }),
  Began.extend({ other: z.literal(true).default(true) }),
]);
type Chapter = z.infer<typeof Chapter>;

/**
 * Names a message's story: by step, since several may have it, and by the attribute that stays when it is sent again, to whatever
 * topic. Without one its id serves, which is unique in a topic only.
 */
export type StoryKey = Pick<Delivery, "id" | "subscription"> &
  Partial<Pick<Delivery, "attributes">> & { readonly step: string };

/**
 * The failed attempts of a message, kept between deliveries so that any worker can tell the whole story. Delivery
 * attempts can't serve: drains and preemptions count as such. One small object per attempt, in the scratch bucket,
 * which expires.
 */
export interface Stories {
  read(key: StoryKey): Promise<Story>;
  append(key: StoryKey, entry: StoryEntry): Promise<Story>;
  /**
   * Notes that an attempt begins, and tells the story so far. Until `end` is called, readers take the attempt for one
   * that took its worker with it.
   *
   * @param judge may refuse to begin, by throwing: then nothing is noted. Called again where another worker has added to the story meanwhile.
   */
  begin(
    key: StoryKey,
    chapter: { readonly worker: string; readonly at: string },
    judge?: (story: Story) => void,
  ): Promise<{ readonly story: Story; end(): Promise<void> }>;
}

export function createStories(store: ObjectStore, names: Names): Stories {
  const refOf = ({ id, subscription, attributes, step }: StoryKey, number: number) => {
    const key = `${step}/${attributes?.[storyAttribute] ?? `${subscription}/${id}`}`;
    const hash = createHash("sha256").update(key).digest("hex");
    return { bucket: names.bucket("scratch"), name: `${hash}.story.${number}.json` };
  };
  const readChapters = async (key: StoryKey): Promise<Chapter[]> => {
    const chapters: Chapter[] = [];
    for (;;) {
      try {
        chapters.push(Chapter.parse(await store.readJson(refOf(key, chapters.length))));
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return chapters;
        throw error;
      }
    }
  };
  /**
   * Of two workers that add at the same moment, the second takes the next number. One that finds its own there has written it
   * before, and the answer was lost: a chapter that stood there twice would be an attempt that never ended.
   */
  const add = async (
    key: StoryKey,
    chapter: Chapter,
    judge: (story: Story) => void = () => {},
  ): Promise<readonly Chapter[]> => {
    let triedAt: number | undefined;
    for (;;) {
      const chapters = await readChapters(key);
      if (triedAt !== undefined && isDeepStrictEqual(chapters[triedAt], Chapter.parse(chapter)))
        return chapters.slice(0, triedAt);
      judge(tell(chapters));
      triedAt = chapters.length;
      if (await createObject(store, refOf(key, triedAt), chapter)) return chapters;
    }
  };
  return {
    read: async (key) => tell(await readChapters(key)),
    async append(key, entry) {
      const before = await add(key, entry);
      return tell([...before, entry]);
    },
    async begin(key, { worker, at }, judge) {
      const before = await add(key, { worker, at, began: true }, judge);
      return {
        story: tell(before),
        end: () => replaceObject(store, refOf(key, before.length), { worker, at, ended: true }),
      };
    },
  };
}

function tell(chapters: readonly Chapter[]): Story {
  const entries = chapters.flatMap((chapter): StoryEntry[] => {
    if ("error" in chapter) return [chapter];
    if (!("began" in chapter)) return [];
    const message = "the attempt began and never ended: its worker crashed, or was taken away";
    return [{ at: chapter.at, worker: chapter.worker, error: { code: "worker-crashed", message } }];
  });
  return { entries, crashes: chapters.filter((chapter) => "began" in chapter).length };
}
