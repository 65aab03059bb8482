import { defineConfig } from '@playwright/test';

// One worker: tests measure delays, and a browser that encodes video needs its cores. No retries:
// a test that passes the second time has found something.
export default defineConfig({
  testDir: '.',
  outputDir: './test-results',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [
    ['list'],
    ['json', { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ?? 'test-results/report.json' }],
  ],
  projects: [
    { name: 'harness', testDir: './harness', testMatch: '*.spec.ts' },
    { name: 'browser', testDir: './tests', testMatch: '*.spec.ts' },
    { name: 'clients', testDir: './clients', testMatch: '*.spec.ts', testIgnore: 'network/**' },
    // Inside scripts/in-network.sh only.
    { name: 'network', testDir: './clients/network', testMatch: '*.spec.ts' },
  ],
});
