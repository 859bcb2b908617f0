/** How a benchmark is connected to a database: a statement may take an hour, and a machine that is busy a minute to answer. */
export const patient = { maxConnections: 1, connectTimeoutMs: 60_000, statementTimeoutMs: 3_600_000 };
