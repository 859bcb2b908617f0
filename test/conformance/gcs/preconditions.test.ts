import { afterAll, beforeAll, expect, test } from "vitest";
import { listIncoming, type ServerUnderTest, startServerUnderTest } from "./gcs-under-test.ts";

let under: ServerUnderTest;
beforeAll(async () => {
  under = await startServerUnderTest();
});
afterAll(() => under[Symbol.asyncDispose]());

const createOnly = { preconditionOpts: { ifGenerationMatch: 0 } };

test.each([true, false])(
  "of twenty create-only writes at once one wins (resumable: %s)",
  async (resumable) => {
    const name = `contended-${resumable}`;
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        under.bucket.file(name).save(`writer ${index}`.repeat(10_000), { resumable, ...createOnly }),
      ),
    );
    const winner = results.findIndex(({ status }) => status === "fulfilled");
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(JSON.stringify(result.reason)).toContain("412");
    }
    const [read] = await under.bucket.file(name).download();
    expect(read.toString()).toBe(`writer ${winner}`.repeat(10_000));
    expect(await listIncoming(under.dataDir)).toEqual([]);
  },
);

test("a write, a patch and a delete go ahead only on the generation they name", async () => {
  const file = under.bucket.file("versions");
  await file.save("one", { resumable: false, ...createOnly });
  const first = Number((await file.getMetadata())[0].generation);
  await file.save("two", { resumable: false, preconditionOpts: { ifGenerationMatch: first } });
  const second = Number((await file.getMetadata())[0].generation);
  expect(second).toBeGreaterThan(first);
  const failed = { code: 412, errors: [{ reason: "conditionNotMet" }] };
  await expect(
    file.save("x", { resumable: false, preconditionOpts: { ifGenerationMatch: first } }),
  ).rejects.toMatchObject(failed);
  await expect(file.setMetadata({ contentType: "x/y" }, { ifMetagenerationMatch: 7 })).rejects.toMatchObject(
    failed,
  );
  await expect(file.delete({ ifGenerationMatch: first })).rejects.toMatchObject(failed);
  expect((await file.download())[0].toString()).toBe("two");
  await file.delete({ ifGenerationMatch: second });
  expect(await file.exists()).toEqual([false]);
});

test("a read of what has not changed is 304, of what is not there 404, of what has changed 412", async () => {
  const file = under.bucket.file("cached");
  await file.save("x", { resumable: false });
  const generation = (await file.getMetadata())[0].generation;
  const get = async (name: string, query: string) =>
    (await fetch(`${under.server.url}/storage/v1/b/tracks/o/${name}?${query}`)).status;
  expect(await get("cached", `ifGenerationNotMatch=${generation}`)).toBe(304);
  expect(await get("cached", `ifGenerationNotMatch=1`)).toBe(200);
  expect(await get("cached", `ifGenerationMatch=${generation}&alt=media`)).toBe(200);
  expect(await get("cached", "ifGenerationMatch=1&alt=media")).toBe(412);
  expect(await get("cached", "ifMetagenerationMatch=2")).toBe(412);
  expect(await get("cached", "generation=1")).toBe(404);
  expect(await get("cached", "ifGenerationMatch=soon")).toBe(400);
  expect(await get("absent", "ifGenerationMatch=1")).toBe(404);
});
