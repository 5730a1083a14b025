// The road by clicks: search, insert, a kernel with a cluster in one click, run all, see the run and its curve, export the
// evaluation cell and see it verified. One story, each step leaving a picture in light and dark.
import { expect, test, type Page } from '@playwright/test';

import { openLab, picture } from './lab';

test('from data to a verified job', async ({ page }) => {
  await openLab(page, 'road');
  await test.step('the launcher has a card with a cluster', async () => {
    await expect(page.locator('.jp-LauncherCard', { hasText: 'Dask (local)' }).first()).toBeVisible();
    await picture(page, '1-launcher');
  });
  await test.step('one click starts a notebook with a connected cluster', async () => {
    const section = page.locator('.jp-Launcher-section', { hasText: 'Notebook with a cluster' });
    await section.locator('.jp-LauncherCard', { hasText: 'Dask (local)' }).click();
    await expect(page.locator('.jp-NotebookPanel')).toBeVisible();
    const row = page.locator('.pj-Clusters .pj-Row').first();
    await expect(row).toContainText('2 workers', { timeout: 90_000 });
  });
  await test.step('search finds a dataset and inserts its load code', async () => {
    await page.getByLabel('Search datasets').fill('worst texture');
    const row = page.locator('.pj-Catalog .pj-Row[data-ref$="/data/screenings"]');
    await expect(row).toContainText('worst_texture'); // the hit, no longer the row of the tree
    await row.hover();
    await row.getByLabel('Insert load code').click();
    await expect(page.locator('.jp-NotebookPanel .cm-content').first()).toContainText('screenings');
    await picture(page, '2-inserted');
  });
  await test.step('the dataset page shows schema, first rows and lineage', async () => {
    await page.locator('.pj-Catalog .pj-Row[data-ref$="/data/screenings"]').dblclick();
    await expect(page.locator('.pj-DatasetPage')).toContainText('worst_texture');
    await picture(page, '3-dataset');
    await page.locator('.pj-DatasetPage [role="tab"]', { hasText: 'Preview' }).click();
    await expect(page.locator('.pj-DatasetPage').getByLabel('Filter screening_id')).toBeVisible();
    await picture(page, '4-preview');
  });
  await test.step('close the new notebook with its kernel; its cluster goes, too', async () => {
    await shutDownKernels(page);
    await expect(page.locator('.pj-Clusters .pj-Row')).toHaveCount(0, { timeout: 60_000 });
  });
  await runTheNotebook(page);
  await seeTheRun(page);
  await exportTheCell(page);
  await seeTheGraph(page);
});

async function shutDownKernels(page: Page): Promise<void> {
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Kernel$/ }).click();
  await page.locator('.lm-Menu-itemLabel', { hasText: 'Shut Down All Kernels' }).click();
  await page.locator('.jp-Dialog .jp-mod-accept').click();
}

async function runTheNotebook(page: Page): Promise<void> {
  await test.step('open the road and run all', async () => {
    await page.locator('.jp-SideBar .lm-TabBar-tab[title^="File Browser"]').click();
    await page.locator('.jp-DirListing-item', { hasText: 'road.ipynb' }).dblclick();
    const notebook = page.locator('.jp-NotebookPanel:visible');
    await expect(notebook).toContainText('The road');
    await page.locator('.jp-SideBar .lm-TabBar-tab[title^="Perijove"]').click();
    // Lab drops "Run All Cells" silently while the kernel is not connected yet.
    await expect(page.locator('#jp-bottom-panel')).toContainText('| Idle', { timeout: 90_000 });
    await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Run$/ }).click();
    await page.locator('.lm-Menu-itemLabel', { hasText: /^Run All Cells$/ }).click();
    await expect(page.locator('.pj-Clusters .pj-Row').first()).toContainText('2 workers', { timeout: 90_000 });
    await expect(page.locator('.pj-Experiments .pj-Row', { hasText: 'xgb-screenings' })).toBeVisible({ timeout: 180_000 });
    await picture(page, '5-run-all');
  });
}

async function seeTheRun(page: Page): Promise<void> {
  await test.step('the run with its curve and its SHAP plot', async () => {
    await page.locator('.pj-Experiments .pj-Row', { hasText: 'xgb-screenings' }).dblclick();
    const run = page.locator('.pj-RunPage');
    await expect(run).toContainText('max_depth');
    await expect(run).toContainText('road.ipynb');
    await expect(run.locator('.pj-Chart').first()).toBeVisible();
    await expect(run.locator('img[alt*="shap_summary"]')).toBeVisible();
    await picture(page, '6-run');
  });
}

async function exportTheCell(page: Page): Promise<void> {
  await test.step('export the evaluation cell and verify it', async () => {
    await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: 'road.ipynb' }).click();
    const cell = page.locator('.jp-NotebookPanel:visible .jp-CodeCell', { hasText: 'roc_auc_score(holdout' });
    await cell.scrollIntoViewIfNeeded();
    await cell.locator('.jp-InputArea-editor').click();
    await cell.locator('.jp-InputArea-editor').click({ button: 'right' });
    await page.locator('.lm-Menu-itemLabel', { hasText: 'Export to job…' }).click();
    const exporting = page.locator('.pj-ExportPage');
    await expect(exporting).toContainText('dd.read_parquet', { timeout: 60_000 });
    await exporting.getByLabel('Job name').fill('tumour_model');
    await picture(page, '7-export');
    await exporting.getByRole('button', { name: 'Write and verify' }).click();
    await expect(exporting).toContainText(/Within tolerance|Identical/, { timeout: 300_000 });
    await expect(page.locator('.pj-Jobs .pj-Row', { hasText: 'tumour_model' })).toContainText('verified', {
      timeout: 60_000
    });
    await picture(page, '8-verified');
  });
}

async function seeTheGraph(page: Page): Promise<void> {
  await test.step('the graph leads from the data to the job', async () => {
    await page.locator('.pj-Catalog .pj-Row[data-ref$="/data/screenings"]').dblclick();
    const dataset = page.locator('.pj-DatasetPage:visible');
    await dataset.locator('[role="tab"]', { hasText: 'Lineage' }).click();
    await expect(dataset.locator('[data-ref="job:tumour_model"]').first()).toBeVisible({ timeout: 60_000 });
    await picture(page, '9-lineage');
  });
}
