// The graph: cells that ran are in it by themselves, and one walks it by mouse, by keys and as a list.
import { expect, test, type Page } from '@playwright/test';

import { openLab, picture } from './lab';

async function runNotebook(page: Page): Promise<void> {
  await page.locator('.jp-SideBar .lm-TabBar-tab[title^="File Browser"]').click();
  await page.locator('.jp-DirListing-item', { hasText: 'lake.ipynb' }).dblclick();
  await expect(page.locator('.jp-NotebookPanel:visible')).toContainText('read_parquet');
  await expect(page.locator('#jp-bottom-panel')).toContainText('| Idle', { timeout: 90_000 });
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Run$/ }).click();
  await page.locator('.lm-Menu-itemLabel', { hasText: /^Run All Cells$/ }).click();
  await expect(page.locator('.jp-NotebookPanel .jp-InputPrompt').nth(2)).toContainText('[3]', {
    timeout: 120_000
  });
  await page.locator('.jp-SideBar .lm-TabBar-tab[title^="Perijove"]').click();
}

test('from the data through its cells to what was made of it', async ({ page }) => {
  await openLab(page, 'lineage');
  await runNotebook(page);
  await page.getByLabel('Search datasets').fill('order_items');
  await page.locator('.pj-Catalog-hit', { hasText: 'order_items' }).dblclick();
  const dataset = page.locator('.pj-DatasetPage:visible');
  await dataset.getByRole('button', { name: 'Lineage' }).click();
  const view = page.locator('.pj-LineagePage:visible');
  const node = (ending: string) => view.locator(`[data-ref$="${ending}"]`);

  await test.step('cells and what they wrote are there', async () => {
    await expect(async () => {
      await view.getByLabel('Refresh lineage').click();
      await expect(node('lake.ipynb#cell-1')).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: 60_000 });
    await expect(node('/dear_orders.parquet')).toBeVisible();
    await picture(page, 'lineage-1-graph');
  });
  await test.step('one hop, then one more by its button', async () => {
    await view.getByLabel('Downstream').selectOption('2');
    await expect(node('/by_currency.csv')).toHaveCount(0);
    await expect(node('lake.ipynb#cell-2')).toHaveCount(0);
    await view.getByLabel('Show what was made of dear_orders').click();
    await expect(node('lake.ipynb#cell-2')).toBeVisible();
    await picture(page, 'lineage-2-hop');
  });
  await test.step('cells are bridged when they are hidden', async () => {
    await view.getByLabel('Downstream').selectOption('20');
    await expect(node('/by_currency.csv')).toBeVisible();
    await view.getByLabel('Cells', { exact: true }).uncheck();
    await expect(node('lake.ipynb#cell-1')).toHaveCount(0);
    await expect(node('/dear_orders.parquet')).toBeVisible();
    await view.getByLabel('Cells', { exact: true }).check();
    await expect(node('lake.ipynb#cell-1')).toBeVisible();
  });
  await test.step('find, and walk by keys', async () => {
    await view.getByLabel('Find in graph').fill('by_currency');
    await page.keyboard.press('Enter');
    await expect(view.locator('.pj-mod-selected')).toContainText('by_currency');
    await node('/by_currency.csv').focus();
    await page.keyboard.press('ArrowLeft');
    await expect(view.locator('.pj-mod-selected')).toContainText('lake.ipynb');
    await view.getByLabel('Find in graph').fill('');
  });
  await test.step('what breaks if it goes', async () => {
    await node('/order_items.parquet').click();
    await view.getByRole('button', { name: 'What breaks if it goes' }).click();
    await expect(view.getByRole('table', { name: 'What breaks' })).toContainText('dear_orders');
    await picture(page, 'lineage-3-breaks');
    await view.getByLabel('Close what breaks').click();
  });
  await test.step('a cell whose data changed since it ran says so, and leads to the graph', async () => {
    await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: 'lake.ipynb' }).click();
    const cells = page.locator('.jp-NotebookPanel:visible .jp-CodeCell');
    const mark = cells.nth(2).locator('.pj-Lineage-mark');
    await expect(mark).toHaveCount(0);
    await cells.nth(1).locator('.jp-InputArea-editor').click();
    await page.keyboard.press('Control+Enter');
    await expect(mark).toContainText('dear_orders.parquet', { timeout: 90_000 });
    await picture(page, 'lineage-5-mark');
    await mark.getByRole('button').click();
    await expect(page.locator('.pj-LineagePage:visible [data-ref$="lake.ipynb#cell-2"]')).toBeVisible();
    await page.locator('.lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabCloseIcon').click();
    await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: 'order_items' }).last().click();
  });
  await test.step('the list says the same', async () => {
    await view.getByRole('button', { name: 'List' }).click();
    await expect(view.getByRole('table', { name: 'Lineage' })).toContainText('dear_orders');
    await picture(page, 'lineage-4-list');
  });
});
