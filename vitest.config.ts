import { defineConfig } from "vitest/config";

/*
 * Kinds of test, by file name: `*.test.ts` unit (no process of the platform), `*.integration.test.ts` (real daemons,
 * one component at a time), `tests/e2e/*.e2e.test.ts` (the whole platform through the CLI, one file at a time).
 */
const shared = { resolve: { conditions: ["source"] }, ssr: { resolve: { conditions: ["source"] } } };

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["**/*.test.ts", "**/*.test.tsx"],
          exclude: ["**/node_modules/**", "**/dist/**", "**/*.integration.test.ts", "**/*.e2e.test.ts"],
        },
      },
      {
        ...shared,
        test: {
          name: "integration",
          include: ["**/*.integration.test.ts"],
          exclude: ["**/node_modules/**", "**/dist/**"],
          deps: { interopDefault: false }, // as Node imports CommonJS
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        ...shared,
        test: {
          name: "e2e",
          include: ["tests/e2e/**/*.e2e.test.ts"],
          testTimeout: 600_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
