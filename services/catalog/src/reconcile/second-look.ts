import type { Pool } from "@segue/catalog-db";
import { z } from "zod";
import { type IntroduceOptions, introduceObjects } from "./introduce-objects.ts";

/** What could not be taken in by one release can be by another: each catalog looks at all of it when it has begun, and so often from then on. */
const anewEveryMs = 24 * 3_600_000;
/** Two that are noted at the same moment may come to be seen one after the other. */
const overlapMs = 60_000;
/** Looked at in one go. */
const pageNames = 500;

/** A place among what was noted, in the order of time. */
interface Place {
  readonly foundAt: Date;
  readonly name: string;
}

const selectPage = `
select name, found_at as "foundAt" from unread_objects where (found_at, name) > ($1::timestamptz, $2)
order by found_at, name limit $3`;

const Page = z.array(z.object({ name: z.string(), foundAt: z.date() }));

/** Goes through what sweeps have passed and could not take in. */
export interface SecondLook {
  /** Whether there is some of it to go through now. */
  isUnderWay(): boolean;
  begin(): void;
  /** A part of it, while it is under way. */
  goOn(): Promise<void>;
}

/**
 * Goes through all of it at first, and once a day; otherwise only through what other catalogs have noted since: whoever could not read something a moment ago
 * can't now. Of a damaged one that is there for ever each catalog reads a few bytes a day.
 */
export function createSecondLook(options: IntroduceOptions): SecondLook {
  const { pool } = options;
  let place: Place | undefined;
  let beganAtMs = 0;
  let allAgainAtMs = 0;
  return {
    isUnderWay: () => place !== undefined,
    begin() {
      const nowMs = options.now().getTime();
      const isOfAll = nowMs >= allAgainAtMs;
      if (isOfAll) allAgainAtMs = nowMs + anewEveryMs;
      place = { foundAt: new Date(isOfAll ? 0 : beganAtMs - overlapMs), name: "" };
      beganAtMs = nowMs;
    },
    async goOn() {
      if (!place) return;
      const page = Page.parse((await pool.query(selectPage, [place.foundAt, place.name, pageNames])).rows);
      const names = page.map(({ name }) => name);
      const unread = new Set(await introduceObjects(options, names));
      await forget(
        pool,
        names.filter((name) => !unread.has(name)),
      );
      place = page.length < pageNames ? undefined : page.at(-1);
    },
  };
}

/** What is known now, whoever has taken it in, and what is gone. */
async function forget(pool: Pool, names: readonly string[]): Promise<void> {
  if (names.length > 0) await pool.query("delete from unread_objects where name = any($1::text[])", [names]);
}
