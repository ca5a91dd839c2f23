#!/usr/bin/env node
// `npm test`: types, lint, then every test; closes with a line like `123 passed, 0 failed, 0 skipped`.
// What a machine lacks prints `not run here: …` and is not counted; what MUSTER_REQUIRE names must be there.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `The tests need Node 24 or newer; this is ${process.versions.node}. Run: npm ci && npm test\n`,
  );
  process.exit(2);
}
const { spawnSync } = await import('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = await import('node:fs');
const { tmpdir } = await import('node:os');
const { join } = await import('node:path');

const root = join(import.meta.dirname, '..');
const run = (name, args) => {
  console.log(`\n> ${name}`);
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
};
const bin = (path) => join(root, 'node_modules', path);
const checks = [
  ['types', run('types', [bin('typescript/bin/tsc'), '--build', 'tsconfig.json'])],
  ['lint', run('lint', [bin('oxlint/bin/oxlint'), '--deny-warnings', 'src', 'test', 'bin'])],
  ['format', run('format', [bin('oxfmt/bin/oxfmt'), '--check', 'src', 'test', 'bin'])],
];
const { buildIfStale } = await import('../bin/fresh.mjs');
await buildIfStale();

const folder = mkdtempSync(join(tmpdir(), 'muster-results-'));
const results = join(folder, 'results.json');
const vitest = run('tests', [
  bin('vitest/vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${results}`,
  ...process.argv.slice(2),
]);
let passed = 0;
let failed = vitest ? 0 : 1;
let skipped = 0;
try {
  const report = JSON.parse(readFileSync(results, 'utf8'));
  passed = report.numPassedTests;
  // a file that could not even be read has no tests to count
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  failed = Math.max(failed, report.numFailedTests + broken.length);
  for (const file of report.testResults)
    for (const test of file.assertionResults)
      if (test.status !== 'passed' && test.status !== 'failed' && !test.fullName.includes('not run here:'))
        skipped += 1;
} catch (error) {
  console.error(`no results: ${error.message}`);
  failed = Math.max(failed, 1);
}
rmSync(folder, { recursive: true, force: true });
for (const [name, ok] of checks) {
  if (ok) passed += 1;
  else {
    failed += 1;
    console.log(`${name} failed`);
  }
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed === 0 && (skipped === 0 || !process.env['MUSTER_REQUIRE']) ? 0 : 1);
