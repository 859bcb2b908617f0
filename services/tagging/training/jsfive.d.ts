/** The little of jsfive (a reader of HDF5 in JavaScript) that is used here. */
declare module "jsfive" {
  export type Dataset = { shape: number[]; value: unknown };
  export class File {
    constructor(bytes: ArrayBuffer, name: string);
    /** A dataset or group by its path; undefined where there is none. */
    get(path: string): Dataset | { keys: string[] } | undefined;
  }
}
