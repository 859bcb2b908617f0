import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/**/*.test.ts", "services/**/*.test.ts", "examples/**/*.test.ts", "test/**/*.test.ts"],
    // Limits only catch hangs; nothing here asserts speed.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 60_000, interval: 50 } },
    // Two cores: whole-chain tests start their own fleets of processes.
    maxWorkers: 2,
    pool: "forks",
  },
});
