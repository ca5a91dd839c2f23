/** Tests run TypeScript directly; one file at a time where real engines are shared. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Workers that run TypeScript strip its types in WebAssembly, and V8 13.6 may crash when the wrappers of such code
    // are replaced in several threads of one process (`ThreadIsolation`, nodejs/node#64500): here they are not
    // replaced. Bundles strip nothing, so nobody else needs this.
    execArgv: ['--wasm-wrapper-tiering-budget=1000000000'],
    // how soon is nobody's promise here: whatever is waited for, a busy machine gets the time for it
    expect: { poll: { timeout: 20_000 } },
  },
});
