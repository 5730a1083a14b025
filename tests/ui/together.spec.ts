// Two windows work in one text notebook while git changes it underneath: nothing is lost, conflicts are settled in the cell,
// the text editor beside shows the same document, and large outputs come from blobs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Browser, expect, type Locator, type Page, test } from '@playwright/test';

import { picture, TOKEN } from './lab';

const STORY = [
  '# perijove-notebook 1 {"kernel": "python3"}',
  '# %% [markdown] id=head\n# # Who leaves',
  '# %% id=depth\ndepth = 6',
  '# %% id=rate\nrate = 0.1',
  '# %% id=rounds\nrounds = 500\nrounds'
];
const text = (parts: string[]): string => parts.join('\n\n') + '\n';

/** A repository in Lab's folder, and another person's clone of it. */
class Repository {
  readonly here: string;
  readonly there = mkdtempSync(join(tmpdir(), 'perijove-together-'));

  constructor(readonly name: string) {
    this.here = join(process.env.PERIJOVE_UI_FOLDER!, name);
    mkdirSync(this.here);
    const origin = mkdtempSync(join(tmpdir(), 'perijove-origin-'));
    this.git(origin, 'init', '-q', '--bare', '-b', 'main');
    this.git(this.here, 'init', '-q', '-b', 'main');
    this.write(this.here, text(STORY));
    this.git(this.here, 'add', 'story.py');
    this.git(this.here, 'commit', '-q', '-m', 'Begin');
    this.git(this.here, 'remote', 'add', 'origin', origin);
    this.git(this.here, 'push', '-q', '-u', 'origin', 'main');
    this.git(this.there, 'clone', '-q', origin, '.');
  }

  /** The other person changes the story and pushes it. */
  push(from: string, to: string): void {
    const old = readFileSync(join(this.there, 'story.py'), 'utf8');
    expect(old).toContain(from);
    this.write(this.there, old.replace(from, to));
    this.git(this.there, 'commit', '-q', '-a', '-m', `${from} is ${to}`);
    this.git(this.there, 'push', '-q');
  }

  /** What git says; with `fails`, that it is not content. */
  git(folder: string, ...args: string[]): string {
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
    return execFileSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  }

  get text(): string {
    return readFileSync(join(this.here, 'story.py'), 'utf8');
  }

  private write(folder: string, content: string): void {
    writeFileSync(join(folder, 'story.py'), content);
  }
}

/** Open the story in a window of its own. */
async function open(browser: Browser, repository: Repository, who: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(
    `/lab/workspaces/${repository.name}-${who}/tree/${repository.name}/story.py?reset&token=${TOKEN}`
  );
  await expect(cells(page)).toHaveCount(4, { timeout: 90_000 });
  await expect(page.locator('#jp-bottom-panel')).toContainText('| Idle', { timeout: 90_000 });
  return page;
}

const notebook = (page: Page): Locator => page.locator('.jp-NotebookPanel:visible');
const cells = (page: Page): Locator => notebook(page).locator('.jp-Cell');
const code = (page: Page, at: number): Locator =>
  cells(page).nth(at).locator('.cm-content').first();

/** Write at the end of a cell. */
async function type(page: Page, at: number, written: string): Promise<void> {
  await code(page, at).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(written, { delay: 15 });
}

/** Write a cell anew and run it. */
async function run(page: Page, at: number, source: string): Promise<void> {
  await code(page, at).click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(source);
  await page.keyboard.press('Control+Enter');
}

test.afterEach(async ({ browser }) => {
  await Promise.all(browser.contexts().map(context => context.close()));
});

test('edits in two windows and a pull underneath all arrive', async ({ browser }) => {
  const repository = new Repository('pull');
  const ada = await open(browser, repository, 'ada');
  const ben = await open(browser, repository, 'ben');
  repository.push('rounds = 500', 'rounds = 900');
  await Promise.all([type(ada, 1, '  # Ada was here'), type(ben, 2, '  # Ben was here')]);
  repository.git(repository.here, 'pull', '-q', '--rebase', '--autostash');
  await Promise.all([type(ada, 1, ', twice'), type(ben, 2, ', too')]);
  for (const page of [ada, ben]) {
    await expect(code(page, 1)).toHaveText('depth = 6  # Ada was here, twice');
    await expect(code(page, 2)).toHaveText('rate = 0.1  # Ben was here, too');
    await expect(code(page, 3)).toContainText('rounds = 900');
    await expect(cells(page)).toHaveCount(4);
    await expect(page.locator('.pj-Conflict')).toHaveCount(0);
  }
  const all = text(STORY)
    .replace('depth = 6', 'depth = 6  # Ada was here, twice')
    .replace('rate = 0.1', 'rate = 0.1  # Ben was here, too')
    .replace('rounds = 500', 'rounds = 900');
  await expect.poll(() => repository.text).toBe(all);
});

test('a conflict is shown in both windows and settled in one', async ({ browser }) => {
  const repository = new Repository('conflict');
  const ada = await open(browser, repository, 'ada');
  const ben = await open(browser, repository, 'ben');
  await test.step('git finds that both changed one line', async () => {
    repository.push('depth = 6', 'depth = 8');
    await type(ada, 1, '4');
    await expect.poll(() => repository.text).toContain('depth = 64');
    repository.git(repository.here, 'commit', '-q', '-a', '-m', 'Deeper');
    expect(() => repository.git(repository.here, 'pull', '-q', '--no-rebase')).toThrow();
    expect(repository.text).toContain('<<<<<<<');
  });
  await test.step('both windows show both versions', async () => {
    for (const page of [ada, ben]) {
      const banner = cells(page).nth(1).locator('.pj-Conflict');
      await expect(banner).toContainText('Changed on both sides');
      await expect(banner.locator('.pj-mod-added')).toContainText('depth = 64');
      await expect(banner.locator('.pj-mod-other')).toContainText('depth = 8');
      await expect(code(page, 1)).toHaveText('depth = 64');
      const bar = notebook(page).locator('.pj-ConflictBar');
      await expect(bar).toBeVisible();
      await expect(bar).toContainText('1 cell was changed on both sides.');
    }
    await cells(ben)
      .nth(1)
      .getByRole('button', { name: /^Before/ })
      .click();
    await picture(ben, 'together-1-conflict');
  });
  await test.step('other cells are saved meanwhile, and git’s markers stay', async () => {
    await type(ben, 2, '5');
    await expect.poll(() => repository.text).toContain('rate = 0.15');
    expect(repository.text).toContain('<<<<<<<');
  });
  await test.step('work on the cell counts as yours, and waits for the choice', async () => {
    await ben.getByRole('button', { name: 'Edit', exact: true }).click();
    await expect(code(ben, 1)).toBeFocused();
    await ben.keyboard.press('Control+End');
    await ben.keyboard.type('0');
    for (const page of [ada, ben]) {
      await expect(cells(page).nth(1).locator('.pj-mod-added')).toContainText('depth = 640');
      await expect(cells(page).nth(1).locator('.pj-Conflict')).toContainText('worked on since');
    }
  });
  await test.step('one window settles it for both', async () => {
    await ada.bringToFront();
    await ada.getByRole('button', { name: 'Use theirs' }).click();
    for (const page of [ada, ben]) {
      await expect(code(page, 1)).toHaveText('depth = 8');
      await expect(page.locator('.pj-Conflict')).toHaveCount(0);
      await expect(page.locator('.pj-ConflictBar:visible')).toHaveCount(0);
    }
    const settled = text(STORY)
      .replace('depth = 6', 'depth = 8')
      .replace('rate = 0.1', 'rate = 0.15');
    await expect.poll(() => repository.text).toBe(settled);
  });
});

test('the text editor beside the notebook shows the same document', async ({ browser }) => {
  const repository = new Repository('beside');
  const page = await open(browser, repository, 'ada');
  await page.locator('.jp-DirListing-item[data-file-type="notebook"]').click({ button: 'right' });
  await page.locator('.lm-Menu-itemLabel', { hasText: /^Open With$/ }).hover();
  const choices = page.locator('.lm-Menu').last().locator('.lm-Menu-itemLabel');
  await expect(choices.filter({ hasText: /^Notebook$/ })).toBeVisible();
  await choices.filter({ hasText: /^Editor$/ }).click();
  const editor = page.locator('.jp-FileEditor .cm-content');
  await expect(editor).toContainText('# perijove-notebook 1');
  await dragBeside(page);
  await expect(notebook(page)).toBeVisible();
  await type(page, 1, '7');
  await expect(editor).toContainText('depth = 67');
  await editor.locator('.cm-line', { hasText: 'rate = 0.1' }).click();
  await page.keyboard.press('End');
  await page.keyboard.type('2');
  await expect(code(page, 2)).toHaveText('rate = 0.12');
  await expect.poll(() => repository.text).toContain('depth = 67');
  await expect.poll(() => repository.text).toContain('rate = 0.12');
  await expect(page.locator('.jp-Dialog')).toHaveCount(0);
  await picture(page, 'together-2-beside');
});

/** Drag the tab of the editor to the right half, beside the notebook. */
async function dragBeside(page: Page): Promise<void> {
  const tab = page.locator('#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current', {
    hasText: 'story.py'
  });
  const dock = (await page.locator('#jp-main-dock-panel').boundingBox())!;
  await tab.hover();
  await page.mouse.down();
  await page.mouse.move(dock.x + dock.width / 2, dock.y + dock.height / 2, { steps: 5 });
  await page.mouse.move(dock.x + dock.width - 60, dock.y + dock.height / 2, { steps: 10 });
  await page.mouse.up();
}

/** A picture of noise, which does not shrink: three bytes a pixel. */
const noise = (width: number, height: number): string => `import random, struct, zlib
from IPython.display import Image
rows = b''.join(b'\\0' + random.Random(n).randbytes(3 * ${width}) for n in range(${height}))
def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
Image(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', ${width}, ${height}, 8, 2, 0, 0, 0))
      + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))`;

test('outputs come from blobs, are marked when old, and survive a reload', async ({ browser }) => {
  const repository = new Repository('outputs');
  const page = await open(browser, repository, 'ada');
  const image = cells(page).nth(3).locator('.pj-Blob img');
  await test.step('an image leaves the document and is drawn from its blob', async () => {
    await run(page, 3, noise(120, 80));
    await expect(image).toBeVisible();
    await expect
      .poll(() => image.evaluate((node: HTMLImageElement) => node.naturalWidth))
      .toBe(120);
    await expect.poll(() => repository.text).toContain('IHDR');
    expect(repository.text).not.toContain('iVBORw0KGgo');
  });
  await test.step('a slider works', async () => {
    await run(page, 2, 'import ipywidgets\nslider = ipywidgets.IntSlider(3)\nslider');
    const handle = cells(page).nth(2).locator('.noUi-handle');
    await expect(handle).toBeVisible();
    await handle.click();
    await page.keyboard.press('ArrowRight');
    await run(page, 1, 'print("at", slider.value)');
    await expect(cells(page).nth(1).locator('.jp-OutputArea-output')).toContainText('at 4');
  });
  await test.step('an output that is older than its code says so', async () => {
    await expect.poll(() => repository.text).toContain('slider.value');
    await type(page, 1, '  # changed');
    await expect(cells(page).nth(1).locator('.pj-Stale')).toHaveText(
      'Output is older than the code'
    );
    await expect(page.locator('.pj-Stale')).toHaveCount(1);
    await picture(page, 'together-3-outputs');
  });
  await test.step('a reload opens the notebook as a notebook, with its outputs', async () => {
    await page.reload();
    await expect(cells(page)).toHaveCount(4, { timeout: 90_000 });
    await expect(image).toBeVisible();
    await expect(page.locator('.pj-Stale')).toHaveCount(1);
    await code(page, 1).click();
    await page.keyboard.press('Control+Enter');
    await expect(page.locator('.pj-Stale')).toHaveCount(0);
  });
});

/** Delete the kept pictures of a width, as somebody who tidies up might; the answer is how many. */
function losePicture(width: number): number {
  const folder = join(process.env.PERIJOVE_UI_FOLDER!, '.perijove', 'outputs', 'blobs');
  const lost = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => {
      const data = readFileSync(file);
      return data.subarray(12, 16).toString() === 'IHDR' && data.readUInt32BE(16) === width;
    });
  lost.forEach(file => rmSync(file));
  return lost.length;
}

test('large outputs are shown at once when new, later on demand; a lost one is a sentence', async ({
  browser
}) => {
  const repository = new Repository('large');
  const page = await open(browser, repository, 'ada');
  const [lost, large, log] = [1, 2, 3].map(at => cells(page).nth(at).locator('.pj-Blob'));
  await run(page, 1, noise(90, 60));
  await run(page, 2, noise(1500, 1200));
  await run(page, 3, 'print("\\n".join(f"epoch {n}" for n in range(2500)))');
  await expect(log).toContainText('epoch 2499');
  await expect(large.locator('img')).toBeVisible();
  await expect(lost.locator('img')).toBeVisible();
  await expect.poll(() => losePicture(90)).toBe(1);
  await page.reload();
  await expect(cells(page)).toHaveCount(4, { timeout: 90_000 });
  await expect(large.getByRole('button', { name: 'Show output, 5.4 MB' })).toBeVisible();
  await expect(lost).toContainText('This output is no longer kept.');
  await picture(page, 'together-5-large');
  await large.getByRole('button', { name: 'Show output, 5.4 MB' }).click();
  await expect(large.locator('img')).toBeVisible();
});

test('a new text notebook is made by its card', async ({ page }) => {
  await page.goto(`/lab/workspaces/new-text?reset&token=${TOKEN}`);
  const card = page.locator('.jp-LauncherCard', { hasText: 'Text notebook' });
  await expect(card).toBeVisible({ timeout: 90_000 });
  await picture(page, 'together-4-launcher');
  await card.click();
  await expect(notebook(page)).toBeVisible();
  await type(page, 0, '1 + 1');
  const file = join(process.env.PERIJOVE_UI_FOLDER!, 'untitled.py');
  await expect
    .poll(() => readFileSync(file, 'utf8'))
    .toMatch(/^# perijove-notebook 1 .*\n\n# %% id=\w+\n1 \+ 1\n$/);
  const row = page.locator('.jp-DirListing-item', { hasText: 'untitled.py' });
  await expect(row).toHaveAttribute('data-file-type', 'notebook');
});
