import { z } from "zod";

/** Raised when what a fleet keeps, or has under way, can't be read by the releases before. */
const edition = 2;

/** Where a folder, and a bucket of records, say whose data they hold. The first edition said nothing of itself. */
export const editionFile = "edition.json";
const Edition = z.object({ edition: z.int().positive() });

/** What stands there in this edition. */
export const editionMark = JSON.stringify({ edition } satisfies z.infer<typeof Edition>);

/** What is there is another edition's: it is not read, not changed and not removed. */
export class ForeignEditionError extends Error {
  override readonly name = "ForeignEditionError";
  /** What was found and expected. */
  readonly detail: string;
  /** What people can do. */
  readonly remedy: string;

  constructor(detail: string, remedy: string) {
    super(`${detail}: ${remedy}`);
    this.detail = detail;
    this.remedy = remedy;
  }
}

/**
 * @param place what says so of itself, for people.
 * @param remedy what they can do.
 * @throws {ForeignEditionError} unless it is this edition's.
 */
export function refuseForeignMark(mark: string | Buffer, place: string, remedy: string): void {
  const found = readMark(mark);
  if (found === undefined)
    throw new ForeignEditionError(
      `${place} says in ${editionFile} whose data it holds, and that can't be read`,
      remedy,
    );
  if (found !== edition) throw foreign(found, place, remedy);
}

function readMark(mark: string | Buffer): number | undefined {
  try {
    return Edition.safeParse(JSON.parse(mark.toString())).data?.edition;
  } catch {
    return undefined;
  }
}

/** For a place that says nothing of its edition, and holds what only the first left. @throws {ForeignEditionError} always. */
export function refuseFirstEdition(place: string, remedy: string): never {
  throw foreign(1, place, remedy);
}

function foreign(found: number, place: string, remedy: string): ForeignEditionError {
  const whose =
    found < edition ? "an earlier edition, which this one does not read" : "a later edition than this one";
  return new ForeignEditionError(`${place} holds data of ${whose} (${found}, not ${edition})`, remedy);
}
