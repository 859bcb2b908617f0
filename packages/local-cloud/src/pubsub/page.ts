import { z } from "zod";

const PageRequest = z.object({ pageSize: z.number().default(0), pageToken: z.string().default("") });

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

/** One page of `items` in order of name; the token is the last name of the page before. */
export function pageOf<T>(
  items: Iterable<T>,
  nameOf: (item: T) => string,
  request: unknown,
): { page: T[]; nextPageToken: string } {
  const { pageSize, pageToken } = PageRequest.parse(request);
  const size = Math.min(pageSize > 0 ? pageSize : DEFAULT_PAGE, MAX_PAGE);
  const rest = [...items]
    .filter((item) => nameOf(item) > pageToken)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const page = rest.slice(0, size);
  const last = page.at(-1);
  return { page, nextPageToken: rest.length > size && last !== undefined ? nameOf(last) : "" };
}
