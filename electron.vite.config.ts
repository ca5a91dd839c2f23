/** Bundles of main, preload and renderer. `bin` and workers point into out/; each worker is its own input. */
import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const source = (path: string): string => resolve(import.meta.dirname, 'src', path);

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      target: 'node24',
      minify: false,
      sourcemap: false,
      rollupOptions: {
        input: {
          cli: source('main/hosts/cli/main.ts'),
          desktop: source('main/hosts/desktop/main.ts'),
          'store-worker': source('main/store/worker.ts'),
          'groups-worker': source('main/store/groups/worker.ts'),
          'full-check-worker': source('main/store/full-check.ts'),
          'verify-worker': source('main/attestation/verify-worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // a sandboxed preload cannot use ESM
      rollupOptions: {
        input: { index: source('preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: source('renderer'),
    // URLs stay relative: the same files are served by the console and by the desktop's own scheme
    base: './',
    plugins: [react()],
    build: {
      outDir: resolve(import.meta.dirname, 'out/renderer'),
      target: 'chrome140',
      assetsInlineLimit: 0,
      sourcemap: false,
      rollupOptions: { input: source('renderer/index.html') },
    },
  },
});
