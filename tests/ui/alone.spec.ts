// One person without jupyter-collaboration: text notebooks open, run, save, and keep their outputs over edits from outside.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { expect, type Page, test } from '@playwright/test';

import { TOKEN } from './lab';

const ROOT = resolve(__dirname, '../..');
const PYTHON = resolve(ROOT, '.venv/bin/python');
const FOLDER = mkdtempSync(join(tmpdir(), 'perijove-alone-'));
const FILE = join(FOLDER, 'story.py');
const STORY = `# perijove-notebook 1 {"kernel": "python3"}

# %% id=depth
depth = 6

# %% id=show
print("depth", depth)
`;
let server: ChildProcess;
let base: string;

test.beforeAll(async ({ request }) => {
  const free =
    'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])';
  const port = execFileSync(PYTHON, ['-c', free], { encoding: 'utf8' }).trim();
  base = `http://127.0.0.1:${port}`;
  server = spawn(PYTHON, ['-m', 'tests.ui.serve', port, 'alone'], {
    cwd: ROOT,
    env: { ...process.env, PERIJOVE_UI_FOLDER: FOLDER },
    stdio: 'ignore'
  });
  const answers = async (): Promise<boolean> =>
    request.get(`${base}/api/status?token=${TOKEN}`).then(
      answer => answer.ok(),
      () => false
    );
  await expect.poll(answers, { timeout: 120_000 }).toBe(true);
  writeFileSync(FILE, STORY);
});

test.afterAll(async () => {
  const ended = new Promise(done => server.once('exit', done));
  server.kill('SIGTERM');
  await ended;
});

const cell = (page: Page, at: number) => page.locator('.jp-NotebookPanel:visible .jp-Cell').nth(at);

async function saved(page: Page, what: string): Promise<void> {
  await page.keyboard.press('Control+s');
  await expect.poll(() => readFileSync(FILE, 'utf8')).toContain(what);
}

test('alone, a text notebook is edited, run, saved and changed from outside', async ({ page }) => {
  await page.goto(`${base}/lab/tree/story.py?reset&token=${TOKEN}`);
  await expect(cell(page, 1)).toBeVisible({ timeout: 90_000 });
  await expect(page.locator('#jp-bottom-panel')).toContainText('| Idle', { timeout: 90_000 });
  await test.step('what is run is saved, and only its code is in the text', async () => {
    await cell(page, 0).locator('.cm-content').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('4');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.press('Control+Enter');
    await expect(cell(page, 1).locator('.jp-OutputArea-output')).toHaveText('depth 64\n');
    await saved(page, 'depth = 64');
    expect(readFileSync(FILE, 'utf8')).toBe(STORY.replace('= 6', '= 64'));
  });
  await test.step('an edit from outside keeps the outputs', async () => {
    writeFileSync(
      FILE,
      STORY.replace('= 6', '= 64').replace(
        '# %% id=depth',
        '# %% [markdown]\n# Why\n\n# %% id=depth'
      )
    );
    await page.locator('.lm-MenuBar-itemLabel', { hasText: /^File$/ }).click();
    // Lab calls it by whichever of the file's two types it finds first.
    await page.locator('.lm-Menu-itemLabel', { hasText: /^Reload (Notebook|Python File) from Disk$/ }).click();
    const dialog = page.locator('.jp-Dialog');
    if (await dialog.isVisible()) {
      await dialog.locator('.jp-mod-accept').click();
    }
    await expect(cell(page, 0)).toContainText('Why');
    await expect(cell(page, 2).locator('.jp-OutputArea-output')).toHaveText('depth 64\n');
  });
  await test.step('a save over a file that has changed meanwhile asks first', async () => {
    writeFileSync(FILE, readFileSync(FILE, 'utf8').replace('depth = 64', 'depth = 7'));
    await cell(page, 2).locator('.cm-content').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('  # mine');
    await page.keyboard.press('Control+s');
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog).toContainText('has changed on disk');
    await dialog.getByRole('button', { name: 'Revert' }).click();
    await expect(cell(page, 1)).toContainText('depth = 7');
    expect(readFileSync(FILE, 'utf8')).toContain('depth = 7');
  });
});
