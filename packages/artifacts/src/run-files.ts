import { measureFile, ObjectNotFoundError, type ObjectStore } from "@segue/store";

/** The files that the pieces of runs have made, in the scratch bucket. */
export interface RunFiles {
  /**
   * Stores a piece's file, under its own name or, where another worker has stored other bytes there, beside that: what a checkpoint or a share says is
   * of the files that it was made with. @returns the name of its object.
   */
  putFile(run: string, name: string, path: string): Promise<string>;
  /** False: it has expired. @param object as `putFile` or `fileObject` has named it. */
  fetchFile(object: string, path: string): Promise<boolean>;
  /** The object name of a piece's file, unless it was moved. */
  fileObject(run: string, name: string): string;
}

/** @param prefixOf of the names of a run's files. */
export function createRunFiles(
  store: ObjectStore,
  bucket: string,
  prefixOf: (run: string) => string,
): RunFiles {
  const fileObject = (run: string, name: string) => `${prefixOf(run)}${name}`;
  return {
    fileObject,
    async putFile(run, name, path) {
      const own = fileObject(run, name);
      const measured = await measureFile(path);
      const write = (to: string) =>
        store.writeObject({ bucket, name: to, body: { path, measured }, createOnly: true });
      const there = await write(own);
      const { sizeBytes, crc32c } = measured;
      if (there.created || (there.sizeBytes === sizeBytes && there.crc32c === crc32c)) return own;
      const beside = `${own}.${Buffer.from(crc32c, "base64").toString("hex")}-${sizeBytes}`;
      await write(beside);
      return beside;
    },
    async fetchFile(object, path) {
      try {
        await store.downloadObject({ bucket, name: object }, path);
        return true;
      } catch (error) {
        if (error instanceof ObjectNotFoundError) return false;
        throw error;
      }
    },
  };
}
