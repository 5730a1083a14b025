// Clicks through the real product: a JupyterLab with Perijove on a fresh example workspace, in headless Chromium.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { defineConfig } from '@playwright/test';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const python = resolve(root, '.venv/bin/python');
const places = [process.env.PERIJOVE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// Chosen once; the workers that load this file again inherit it.
process.env.PERIJOVE_UI_PORT ??= execFileSync(
  python,
  ['-c', 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'],
  { encoding: 'utf8' }
).trim();
const port = process.env.PERIJOVE_UI_PORT;
process.env.PERIJOVE_UI_FOLDER ??= mkdtempSync(join(tmpdir(), 'perijove-ui-'));

export default defineConfig({
  testDir: '.',
  outputDir: resolve(root, 'test-results'),
  timeout: 900_000,
  expect: { timeout: 30_000 },
  workers: 1,
  retries: 0,
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    viewport: { width: 1440, height: 900 },
    actionTimeout: 60_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: places.find(place => place && existsSync(place)),
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--disable-dev-shm-usage',
        '--disable-gpu'
      ]
    }
  },
  webServer: {
    command: `${python} -m tests.ui.serve ${port}`,
    cwd: root,
    url: `http://127.0.0.1:${port}/api/status?token=for-tests-only`,
    timeout: 180_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 60_000 },
    stdout: 'ignore',
    stderr: 'pipe'
  }
});
