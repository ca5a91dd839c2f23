/** Tests run TypeScript directly; one file at a time where real engines are shared. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // how soon is nobody's promise here: whatever is waited for, a busy machine gets the time for it
    expect: { poll: { timeout: 20_000 } },
  },
});
