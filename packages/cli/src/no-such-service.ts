/** The fleet has no service of that name. */
export class NoSuchService extends Error {
  override readonly name = "NoSuchService";

  constructor(name: string, there: readonly string[]) {
    super(`no service "${name}"; the fleet has: ${there.join(", ")}`);
  }
}
