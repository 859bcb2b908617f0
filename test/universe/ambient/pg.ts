// Stands in for `pg`: the client itself, whose sockets lead to the world's database.
import pg from "pg";
import { demandWorld } from "../world/world.ts";

class Pool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    const { openDatabaseSocket } = demandWorld();
    super({ ...config, stream: openDatabaseSocket as unknown as NonNullable<pg.PoolConfig["stream"]> });
  }
}

export default { ...pg, Pool };
