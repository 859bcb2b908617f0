import { dirname, join } from "node:path";

/** Everything below it is in memory, and goes with the world. */
export const diskRoot = "/universe";

export class DiskError extends Error {
  readonly code: string;
  readonly path: string;
  constructor(code: string, path: string) {
    super(`${code}: ${path}`);
    this.code = code;
    this.path = path;
  }
}

/** The scratch disks of all machines: a path's first folder names the machine. */
export class Disk {
  readonly #files = new Map<string, Buffer>();
  readonly #folders = new Set<string>([diskRoot]);
  /** Machines whose disks are full: what is there can be read and removed, and nothing is written. */
  readonly full = new Set<string>();
  #temporary = 0;

  isHere(path: string): boolean {
    return path === diskRoot || path.startsWith(`${diskRoot}/`);
  }

  makeFolder(path: string): void {
    this.#demandRoom(path);
    for (let folder = path; folder.length > diskRoot.length; folder = dirname(folder))
      this.#folders.add(folder);
  }

  makeTemporary(prefix: string): string {
    this.#temporary += 1;
    const path = `${prefix}${this.#temporary}`;
    if (!this.#folders.has(dirname(path))) throw new DiskError("ENOENT", path);
    this.makeFolder(path);
    return path;
  }

  write(path: string, bytes: Buffer): void {
    this.#demandRoom(path);
    if (!this.#folders.has(dirname(path))) throw new DiskError("ENOENT", path);
    this.#files.set(path, bytes);
  }

  read(path: string): Buffer {
    const bytes = this.#files.get(path);
    if (!bytes) throw new DiskError("ENOENT", path);
    return bytes;
  }

  has(path: string): boolean {
    return this.#files.has(path) || this.#folders.has(path);
  }

  isFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  move(from: string, to: string): void {
    this.write(to, this.read(from));
    this.#files.delete(from);
  }

  remove(path: string): void {
    const inside = `${path}/`;
    for (const file of this.#files.keys())
      if (file === path || file.startsWith(inside)) this.#files.delete(file);
    for (const folder of this.#folders)
      if (folder === path || folder.startsWith(inside)) this.#folders.delete(folder);
  }

  list(path: string): string[] {
    const below = [...this.#files.keys(), ...this.#folders].filter((name) => dirname(name) === path);
    return below.map((name) => name.slice(path.length + 1)).toSorted();
  }

  #demandRoom(path: string): void {
    for (const machine of this.full)
      if (path.startsWith(`${join(diskRoot, machine)}/`)) throw new DiskError("ENOSPC", path);
  }
}
