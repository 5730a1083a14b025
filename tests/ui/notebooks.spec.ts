// The example notebooks from Lab: each runs in a kernel, one of its cells is exported by clicks, and the job is verified.
// One of them each time; PERIJOVE_ALL=1 takes them all.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, type Locator, test, type Page } from '@playwright/test';

import { folder, openLab, picture } from './lab';

interface Notebook {
  cells: { id: string; source: string | string[] }[];
  metadata: { perijove_order?: string[] };
}

const CHOSEN: Record<string, string> = {
  regression: 'evaluate',
  columns: 'report',
  series: 'score',
  text: 'confusion',
  figures: 'page',
  sql: 'summary',
  polars: 'groups',
  dask: 'totals',
  messy: 'result',
  functions: 'orders',
  seeds: 'estimates',
  widgets: 'loan',
  parquet: 'check'
};
const TAKEN = process.env.PERIJOVE_ALL ? Object.keys(CHOSEN) : ['sql'];

for (const name of TAKEN) {
  test(`${name}: a cell becomes a job that is verified`, async ({ page }) => {
    await openLab(page, `notebooks-${name}`);
    const notebook = await opened(page, name);
    await run(page, notebook);
    await exported(page, name, notebook);
  });
}

async function opened(page: Page, name: string): Promise<Notebook> {
  const path = `dozen/${name}.ipynb`;
  await page.locator('.jp-SideBar .lm-TabBar-tab[title^="File Browser"]').click();
  await page.locator('.jp-DirListing-item', { hasText: /^dozen/ }).dblclick();
  await page.locator('.jp-DirListing-item', { hasText: `${name}.ipynb` }).dblclick();
  await page.locator('.jp-SideBar .lm-TabBar-tab[title^="Perijove"]').click();
  await expect(page.locator('#jp-bottom-panel')).toContainText('| Idle', { timeout: 120_000 });
  return JSON.parse(readFileSync(join(folder(), path), 'utf8')) as Notebook;
}

async function run(page: Page, notebook: Notebook): Promise<void> {
  const stand = notebook.cells.map(cell => cell.id).filter(id => id !== 'title');
  let count = 0;
  for (const id of notebook.metadata.perijove_order ?? stand) {
    count += 1;
    const cell = cellOf(page, notebook, id);
    await cell.locator('.jp-InputArea-editor').click();
    await page.keyboard.press('Control+Enter');
    await expect(cell.locator('.jp-InputPrompt')).toContainText(`[${count}]`, { timeout: 120_000 });
    await expect(cell.locator('.jp-OutputArea-output[data-mime-type*="stderr"]')).toHaveCount(0);
  }
}

async function exported(page: Page, name: string, notebook: Notebook): Promise<void> {
  const editor = cellOf(page, notebook, CHOSEN[name] ?? '').locator('.jp-InputArea-editor');
  await editor.click();
  await editor.click({ button: 'right' });
  await page.locator('.lm-Menu-itemLabel', { hasText: 'Export to job…' }).click();
  const form = page.locator('.pj-ExportPage:visible');
  await form.getByLabel('Job name').fill(`${name}_lab`);
  await form.getByRole('button', { name: 'Write and verify' }).click();
  const outputs = form.getByRole('table', { name: 'Outputs compared' });
  await expect(outputs).toContainText(/Identical|Within tolerance/, { timeout: 400_000 });
  await expect(outputs).not.toContainText('Different');
  const row = page.locator('.pj-Jobs .pj-Row', { hasText: `${name}_lab` }).last();
  await expect(row).toContainText('verified', { timeout: 60_000 });
  await picture(page, `notebooks-${name}`);
}

function cellOf(page: Page, notebook: Notebook, id: string): Locator {
  const at = notebook.cells.findIndex(cell => cell.id === id);
  expect(at).toBeGreaterThanOrEqual(0);
  return page.locator('.jp-NotebookPanel:visible .jp-Notebook .jp-Cell').nth(at);
}
