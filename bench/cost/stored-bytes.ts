import type { StoredBytes } from "@segue/plan";
import { z } from "zod";

const Buckets = z.object({ items: z.array(z.object({ name: z.string() })).default([]) });
const Objects = z.object({
  items: z.array(z.object({ size: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/** What a fleet keeps in its buckets now. Asking is counted like anything else: not while a track is. */
export async function readStoredBytes(gcsEndpoint: string): Promise<StoredBytes> {
  const ask = async (path: string) => (await fetch(`${gcsEndpoint}/storage/v1/b${path}`)).json();
  const { items } = Buckets.parse(await ask("?project=any"));
  const sizeOf = async (role: string) => {
    const bucket = items.find(({ name }) => name.endsWith(role))?.name;
    if (bucket === undefined) throw new Error(`expected a bucket of the role ${role}`);
    let bytes = 0;
    for (let token: string | undefined = ""; token !== undefined; ) {
      const page = Objects.parse(await ask(`/${bucket}/o?pageToken=${encodeURIComponent(token)}`));
      bytes += page.items.reduce((sum, { size }) => sum + Number(size), 0);
      token = page.nextPageToken;
    }
    return bytes;
  };
  return {
    masters: await sizeOf("masters"),
    records: await sizeOf("records"),
    assets: await sizeOf("assets"),
    scratch: await sizeOf("scratch"),
  };
}
