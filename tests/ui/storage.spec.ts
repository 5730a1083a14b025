// Notebooks and git by clicks: see what changed, side by side and inline, with outputs; bring back a cell and a notebook;
// resolve a merge cell by cell.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, type Locator, test, type Page } from '@playwright/test';

import { openLab, picture } from './lab';

const root = resolve(__dirname, '../..');

test('changes are seen, restored and merged', async ({ page }) => {
  await openLab(page, 'storage');
  const folder = repository('churn');
  await openFolder(page, 'churn');
  await test.step('the file browser shows what changed in a text notebook', async () => {
    await fromMenu(page, 'churn.py', 'Show Changes');
    const changes = page.locator('.pj-ChangesPage:visible');
    await expect(cell(changes, 'head')).toContainText('November');
    await expect(cell(changes, 'head')).toContainText('Changed');
    await expect(cell(changes, 'join')).toContainText('New');
    await expect(cell(changes, 'peek')).toContainText('Removed');
    await expect(changes.getByRole('button', { name: /the same/ }).first()).toBeVisible();
    await picture(page, 'storage-1-side');
  });
  await seeInline(page);
  await restoreCell(page, folder);
  await seeOutputs(page);
  await restoreNotebook(page, folder);
  await mergeByCells(page, folder);
});

async function seeInline(page: Page): Promise<void> {
  await test.step('inline, another version, and the keys', async () => {
    const changes = page.locator('.pj-ChangesPage:visible');
    await changes.getByRole('button', { name: 'Inline' }).click();
    await expect(changes.locator('.pj-Diff-inline').first()).toBeVisible();
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    await expect(cell(changes, 'join')).toBeFocused();
    await page.keyboard.press('p');
    await expect(cell(changes, 'head')).toBeFocused();
    await picture(page, 'storage-2-inline');
    await changes.getByLabel('Version before').selectOption({ index: 3 });
    await expect(cell(changes, 'head')).toContainText('September');
    await changes.getByLabel('Version after').selectOption({ index: 2 });
    await expect(cell(changes, 'head')).toContainText('October');
    await expect(changes.getByRole('button', { name: 'Restore…', exact: true })).toBeDisabled();
    await changes.getByLabel('Version before').selectOption({ index: 2 });
    await expect(changes).toContainText('Nothing changed since');
    await changes.getByLabel('Version after').selectOption('disk');
    await changes.getByRole('button', { name: 'Side by side' }).click();
  });
}

async function restoreCell(page: Page, folder: string): Promise<void> {
  await test.step('one cell is brought back, the others stay', async () => {
    const changes = page.locator('.pj-ChangesPage:visible');
    await cell(changes, 'head').getByLabel('Restore cell…').click();
    await expect(page.locator('.jp-Dialog')).toContainText('becomes what it was');
    await page.screenshot({ path: `${pictures()}/storage-3-ask-light.png` });
    await page.locator('.jp-Dialog').getByRole('button', { name: 'Restore cell' }).click();
    await expect(cell(changes, 'head')).toHaveCount(0);
    const text = readFileSync(join(folder, 'churn.py'), 'utf8');
    expect(text).toContain('# # Churn, October refresh');
    expect(text).toContain('"max_depth": 6');
  });
}

async function seeOutputs(page: Page): Promise<void> {
  await test.step('a plain notebook: its picture and its text changed', async () => {
    await fromMenu(page, 'curve.ipynb', 'Show Changes');
    const changes = page.locator('.pj-ChangesPage:visible');
    await expect(changes).toContainText('output: image');
    await expect(changes).toContainText(/Difference, [\d.]+ % of pixels/);
    await expect(changes.locator('mark').first()).toBeVisible();
    await picture(page, 'storage-4-outputs');
    await changes.getByRole('button', { name: 'Swipe' }).click();
    await changes.getByLabel('Where the two pictures meet').press('PageUp');
    await page.screenshot({ path: `${pictures()}/storage-5-swipe-light.png` });
    await changes.getByRole('button', { name: 'Onion' }).click();
    await expect(changes.getByLabel('How much of the new picture')).toBeVisible();
    await changes.getByLabel('Outputs').uncheck();
    await expect(changes).not.toContainText('output: image');
    await changes.getByLabel('Outputs').check();
  });
}

async function restoreNotebook(page: Page, folder: string): Promise<void> {
  await test.step('the whole notebook is brought back', async () => {
    const changes = page.locator('.pj-ChangesPage:visible');
    await changes.getByRole('button', { name: 'Restore…', exact: true }).click();
    await expect(page.locator('.jp-Dialog')).toContainText('whole notebook');
    await page.locator('.jp-Dialog').getByRole('button', { name: 'Restore notebook' }).click();
    await expect(changes).toContainText('Nothing changed since');
    expect(git(folder, 'status', '--short', 'curve.ipynb')).toBe('');
    await picture(page, 'storage-6-nothing');
  });
}

async function mergeByCells(page: Page, folder: string): Promise<void> {
  await test.step('a conflict is offered when the notebook is opened', async () => {
    layOut(folder, 'conflict');
    await page.locator('.jp-DirListing-item', { hasText: 'churn.py' }).dblclick();
    const offer = page.locator('.jp-toast-button', { hasText: 'Resolve…' });
    await expect(offer).toBeVisible();
    await offer.click();
    await expect(page.locator('.pj-MergePage:visible')).toContainText('Conflict 1 of 1');
    await picture(page, 'storage-7-conflict');
  });
  await test.step('both versions and the one before are there; a choice finishes it', async () => {
    const merge = page.locator('.pj-MergePage:visible');
    const finish = merge.getByRole('button', { name: 'Finish' });
    await expect(finish).toBeDisabled();
    await expect(merge).toContainText('"max_depth": 4');
    await merge.getByRole('button', { name: /new cell/ }).click();
    await expect(merge).toContainText('features.fillna(0)');
    await merge.locator('.pj-Diff-sides').click();
    await page.keyboard.press('n');
    await page.keyboard.press('2');
    await expect(merge.getByRole('radio', { name: /Theirs/ })).toBeChecked();
    await merge.getByRole('button', { name: 'Edit result' }).click();
    const editor = merge.getByLabel('The result, by hand');
    await editor.fill((await editor.inputValue()).replace('8', '7'));
    await picture(page, 'storage-8-chosen');
    await finish.click();
    await expect(page.locator('.pj-MergePage')).toHaveCount(0);
    await expect(page.locator('.jp-NotebookPanel:visible')).toContainText('"max_depth": 7');
    const text = readFileSync(join(folder, 'churn.py'), 'utf8');
    expect(text).not.toContain('<<<<<<<');
    expect(text).toContain('rounds=900');
    expect(text).not.toContain('orders.head(20)');
    await picture(page, 'storage-9-merged');
  });
}

test('an open notebook is compared, restored in place and converted', async ({ page }) => {
  await openLab(page, 'storage-open');
  repository('open');
  await openFolder(page, 'open');
  await restoreWhileOpen(page);
  await compareTwo(page);
  await convertThere(page);
});

async function restoreWhileOpen(page: Page): Promise<void> {
  await test.step('what is brought back is seen in the open notebook at once', async () => {
    await page.locator('.jp-DirListing-item', { hasText: 'churn.py' }).dblclick();
    const notebook = page.locator('.jp-NotebookPanel:visible');
    await expect(notebook).toContainText('"max_depth": 6');
    await picture(page, 'storage-10-toolbar');
    await notebook.locator('.jp-NotebookPanel-toolbar').getByText('Changes').click();
    const changes = page.locator('.pj-ChangesPage:visible');
    await cell(changes, 'peek').getByLabel('Bring this cell back…').click();
    await page.locator('.jp-Dialog').getByRole('button', { name: 'Restore cell' }).click();
    await expect(cell(changes, 'peek')).toHaveCount(0);
    await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: /^churn.py$/ }).click();
    await expect(page.locator('.jp-NotebookPanel:visible')).toContainText('orders.head(20)');
    await expect(page.locator('.jp-NotebookPanel:visible')).toContainText('"max_depth": 6');
  });
}

async function compareTwo(page: Page): Promise<void> {
  await test.step('any two versions are compared', async () => {
    await fromMenu(page, 'churn.py', 'Compare Versions…');
    const dialog = page.locator('.jp-Dialog');
    await dialog.getByLabel('Before').selectOption({ index: 4 });
    await dialog.getByLabel('After').selectOption('open');
    await page.screenshot({ path: `${pictures()}/storage-11-compare-light.png` });
    await dialog.getByRole('button', { name: 'Compare' }).click();
    const changes = page.locator('.pj-ChangesPage:visible');
    await expect(cell(changes, 'head')).toContainText('September');
    await expect(changes.locator('.pj-Diff-sides')).toContainText('Open document');
    await expect(page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: 'Compare: churn.py' })).toBeVisible();
  });
}

async function convertThere(page: Page): Promise<void> {
  await test.step('a plain notebook becomes a text notebook with its outputs', async () => {
    await fromMenu(page, 'curve.ipynb', 'Convert to Text Notebook');
    const toast = page.locator('.Toastify__toast', { hasText: 'became curve.py' });
    await expect(toast).toBeVisible();
    await page.screenshot({ path: `${pictures()}/storage-12-converted-light.png` });
    await toast.getByText('Open').click();
    const notebook = page.locator('.jp-NotebookPanel:visible');
    await expect(notebook).toContainText('draw(rate=1.6)');
    await expect(notebook).toContainText('AUC 0.7400');
    await expect(notebook.locator('.jp-OutputArea img').first()).toBeVisible();
    await picture(page, 'storage-13-text');
  });
}

/** The section of a changed cell. */
function cell(page: Locator, id: string): Locator {
  return page.locator(`.pj-Diff-cell[data-cell="${id}"]`);
}

/** Choose something in the menu of a file. */
async function fromMenu(page: Page, file: string, item: string): Promise<void> {
  await page.locator('.jp-DirListing-item', { hasText: file }).click({ button: 'right' });
  await page.locator('.lm-Menu-itemLabel', { hasText: new RegExp(`^${item}$`) }).click();
}

/** A fresh repository in a folder of the workspace that the server serves. */
function repository(name: string): string {
  const folder = join(process.env.PERIJOVE_UI_FOLDER ?? '', name);
  layOut(folder);
  return folder;
}

function layOut(folder: string, ...more: string[]): void {
  execFileSync(resolve(root, '.venv/bin/python'), ['-m', 'tests.ui.repository', folder, ...more], { cwd: root });
}

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
}

async function openFolder(page: Page, name: string): Promise<void> {
  await page.locator('.jp-SideBar .lm-TabBar-tab[title^="File Browser"]').click();
  await page.locator('button[data-command="filebrowser:refresh"], [data-command="filebrowser:refresh"] button').first().click();
  await page.locator('.jp-DirListing-item', { hasText: name }).dblclick();
  await expect(page.locator('.jp-DirListing-item', { hasText: 'churn.py' })).toBeVisible();
}

function pictures(): string {
  return process.env.PERIJOVE_PICTURES ?? 'test-results/pictures';
}
