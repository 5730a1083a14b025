// A dataset's page and the Data section on a real Delta table, Iceberg table and PostgreSQL database.
import { expect, type Locator, type Page, test } from '@playwright/test';

import { openLab, picture } from './lab';

/** The row of a dataset in the Data section. */
const row = (page: Page, ending: string): Locator => page.locator(`.pj-Catalog-dataset[data-ref$="${ending}"]`);

/** Fold what is not looked at, so that the tree has room. */
async function onlyData(page: Page): Promise<void> {
  for (const title of ['Clusters', 'Experiments', 'Jobs']) {
    const section = page.locator('.pj-Section-title', { hasText: title });
    if ((await section.getAttribute('aria-expanded')) === 'true') {
      await section.click();
    }
  }
}

/** Open the page of a dataset from the tree. */
async function openDataset(page: Page, ending: string): Promise<Locator> {
  if (!(await row(page, ending).isVisible())) {
    await page.locator('.pj-Catalog-folder', { hasText: 'sales' }).first().click();
  }
  await row(page, ending).dblclick();
  const dataset = page.locator('.pj-DatasetPage:not(.pj-FramePage):visible');
  await expect(dataset).toBeVisible();
  return dataset;
}

const tab = (dataset: Locator, name: string): Promise<void> => dataset.locator('[role="tab"]', { hasText: name }).click();

test('a Delta table: figures of its columns, its rows, its versions', async ({ page }) => {
  await openLab(page, 'delta');
  await onlyData(page);
  const dataset = await openDataset(page, '/lake/sales/orders_daily');
  await test.step('every column has its spread and empty share', async () => {
    await expect(dataset.locator('tr[data-ref="amount"] .pj-Histogram')).toBeVisible();
    await expect(dataset.locator('tr[data-ref="coupon_code"]')).toContainText('%');
    await expect(dataset).toContainText('15,500 rows');
    await dataset.locator('tr[data-ref="amount"]').click();
    await picture(page, 'catalog-1-schema');
  });
  await test.step('rows are ordered and filtered by the server', async () => {
    await tab(dataset, 'Preview');
    const grid = dataset.locator('.pj-Grid');
    await expect(dataset.getByLabel('Filter currency')).toBeVisible();
    const frame = await grid.boundingBox();
    await page.mouse.click((frame?.x ?? 0) + 90, (frame?.y ?? 0) + 12);
    await expect(dataset).toContainText('Show all in their own order');
    await dataset.getByLabel('Filter currency').fill('= CHF');
    await expect(dataset).toContainText(/[\d,]+ rows pass the filter/);
    await picture(page, 'catalog-2-preview');
    await dataset.getByText('Show all in their own order').click();
    await expect(dataset).toContainText('15,500 rows');
    await expect(dataset.getByLabel('Filter currency')).toHaveValue('');
  });
  await test.step('two versions are compared', async () => {
    await tab(dataset, 'Versions');
    await dataset.getByLabel('Compare version 1').check();
    await dataset.getByLabel('Compare version 2').check();
    await expect(dataset).toContainText('15,000 → 15,500 (+500)');
    await expect(dataset.locator('tr[data-ref="country"]').first()).toContainText('added');
    await picture(page, 'catalog-3-versions');
  });
  await test.step('an earlier version is looked at: its rows, figures and load code', async () => {
    const choice = dataset.getByLabel('Version to look at');
    await choice.selectOption('0');
    await expect(dataset).toContainText('You look at version 0');
    await tab(dataset, 'Preview');
    await expect(dataset).toContainText('12,000 rows');
    await expect(dataset.getByLabel('Filter currency')).toBeVisible();
    await picture(page, 'catalog-13-version');
    await tab(dataset, 'Schema');
    await expect(dataset.locator('tr[data-ref="amount"]')).toBeVisible();
    await expect(dataset.locator('tr[data-ref="country"]')).toHaveCount(0);
    const code = page.waitForRequest(asked => asked.url().includes('/catalog/code'));
    await dataset.getByRole('button', { name: 'Insert pandas code' }).click();
    expect(new URL((await code).url()).searchParams.get('version')).toBe('0');
    await dataset.getByText('Back to the present one').click();
    await expect(dataset.locator('tr[data-ref="country"]')).toBeVisible();
  });
  await test.step('figures of a column', async () => {
    await tab(dataset, 'Profile');
    await dataset.locator('tr[data-ref="amount"]').click();
    await expect(dataset).toContainText('95 %');
    await picture(page, 'catalog-4-profile');
  });
  await test.step('it is described, and the description is found', async () => {
    await tab(dataset, 'Overview');
    await dataset.getByRole('button', { name: 'Edit' }).click();
    await dataset.getByLabel('Description, in Markdown').fill('All orders, **once a day**. Ask about zebras.');
    await dataset.getByLabel('Owners, parted by commas').fill('growth');
    await dataset.getByLabel('Tags, parted by commas').fill('certified, sales');
    await dataset.getByRole('button', { name: 'Save' }).click();
    await expect(dataset.locator('.pj-Markdown strong')).toHaveText('once a day');
    await expect(dataset.locator('.pj-Tag', { hasText: 'certified' })).toBeVisible();
    await picture(page, 'catalog-5-overview');
    await page.getByLabel('Search datasets').fill('zebras');
    await expect(page.locator('.pj-Catalog-hit')).toHaveCount(1);
    await page.getByLabel('Search datasets').fill('');
  });
});

test('the figures of all rows come as a task', async ({ page }) => {
  await openLab(page, 'all-rows');
  await onlyData(page);
  const dataset = await openDataset(page, '/lake/sales/order_items.parquet');
  await expect(dataset.locator('tr[data-ref="amount"] .pj-Histogram')).toBeVisible();
  await expect(dataset).toContainText('of 600,000 rows');
  await tab(dataset, 'Profile');
  await dataset.locator('tr[data-ref="amount"]').click();
  await expect(dataset).toContainText('±');
  await dataset.getByRole('button', { name: 'Profile all rows' }).click();
  await expect(dataset).toContainText('All 600,000 rows');
  await expect(dataset.getByRole('button', { name: 'Profile all rows' })).toHaveCount(0);
});

test('Iceberg and PostgreSQL are looked at alike', async ({ page }) => {
  await openLab(page, 'others');
  await onlyData(page);
  for (const [ending, column, versions] of [
    ['payments', 'amount', 2],
    ['customers', 'country', 0]
  ] as const) {
    const dataset = await openDataset(page, ending);
    await expect(dataset.locator(`tr[data-ref="${column}"]`)).toBeVisible();
    await tab(dataset, 'Preview');
    await expect(dataset.getByLabel(`Filter ${column}`)).toBeVisible();
    await expect(dataset).toContainText(/[\d,]+ rows/);
    await picture(page, `catalog-6-${ending}`);
    if (versions) {
      await tab(dataset, 'Versions');
      const ticks = dataset.locator('input[aria-label^="Compare version"]');
      await expect(ticks).toHaveCount(versions);
    }
    await page.locator('.lm-DockPanel-tabBar .lm-mod-current .lm-TabBar-tabCloseIcon').click();
  }
});

test('a dataset is dragged into a notebook, run, and knows who used it', async ({ page }) => {
  await openLab(page, 'drag');
  await onlyData(page);
  await page.locator('.jp-LauncherCard[data-category="Notebook"]', { hasText: 'Python 3' }).click();
  const cell = page.locator('.jp-NotebookPanel .jp-Cell').first();
  await expect(cell).toBeVisible();
  await expect(page.locator('#jp-bottom-panel')).toContainText('| Idle', { timeout: 90_000 });
  await cell.locator('.jp-InputArea-editor').click();
  await page.keyboard.type('# orders of a day');
  await page.keyboard.press('Shift+Enter');
  const last = page.locator('.jp-NotebookPanel .jp-Cell').nth(1);
  await expect(last).toBeVisible();
  if (!(await row(page, '/orders_daily').isVisible())) {
    await page.locator('.pj-Catalog-folder', { hasText: 'sales' }).first().click();
  }
  await row(page, '/orders_daily').scrollIntoViewIfNeeded();
  const [from, to] = [await row(page, '/orders_daily').boundingBox(), await last.boundingBox()];
  const code = page.waitForResponse(answer => answer.url().includes('/catalog/code'));
  await page.mouse.move((from?.x ?? 0) + 60, (from?.y ?? 0) + 12);
  await page.mouse.down();
  await page.mouse.move((from?.x ?? 0) + 90, (from?.y ?? 0) + 30, { steps: 4 });
  await code;
  await page.mouse.move((to?.x ?? 0) + 200, (to?.y ?? 0) + 20, { steps: 8 });
  await page.mouse.up();
  await expect(page.locator('.jp-NotebookPanel .cm-content').nth(1)).toContainText('orders_daily');
  await picture(page, 'catalog-7-dropped');
  await page.locator('.jp-NotebookPanel .jp-Cell').nth(1).locator('.jp-InputArea-editor').click();
  await page.keyboard.press('Shift+Enter');
  await expect(page.locator('.jp-NotebookPanel .jp-InputPrompt').nth(1)).toContainText('[2]', {
    timeout: 90_000
  });
  await test.step('the dataframe that it made is looked at where it lives', async () => {
    await page.locator('.pj-Catalog-kernel').click();
    const frame = page.locator('.pj-Catalog-frame', { hasText: 'orders_daily' });
    await frame.dblclick();
    const rows = page.locator('.pj-FramePage:visible');
    await expect(rows.getByLabel('Filter currency')).toBeVisible();
    await expect(rows).toContainText('15,500 rows');
    await picture(page, 'catalog-14-frame');
  });
  const dataset = await openDataset(page, '/orders_daily');
  await tab(dataset, 'Used by');
  await expect(async () => {
    await dataset.getByLabel('Refresh', { exact: true }).click();
    await expect(dataset.getByRole('table', { name: 'Used by' })).toContainText('Untitled', {
      timeout: 2_000
    });
  }).toPass({ timeout: 30_000 });
  await picture(page, 'catalog-8-used-by');
});

test('code is inserted in another engine, pinned to the version', async ({ page }) => {
  await openLab(page, 'engines');
  await onlyData(page);
  await page.locator('.jp-LauncherCard[data-category="Notebook"]', { hasText: 'Python 3' }).click();
  await expect(page.locator('.jp-NotebookPanel .jp-Cell').first()).toBeVisible();
  const dataset = await openDataset(page, '/orders_daily');
  await dataset.getByLabel('Other engines').click();
  await picture(page, 'catalog-9-engines', { keep: true });
  await dataset.getByLabel('Pin version 2').check();
  await dataset.getByRole('menuitemradio', { name: 'polars' }).click();
  await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: '.ipynb' }).click();
  const content = page.locator('.jp-NotebookPanel:visible .cm-content').first();
  await expect(content).toContainText('polars');
  await expect(content).toContainText('2');
});

test('access: a request is approved with a reason, taken back, and the dataset opened again', async ({ page }) => {
  await openLab(page, 'access');
  await onlyData(page);
  const dataset = await openDataset(page, '/refund_reasons.csv');
  await tab(dataset, 'Access');
  await expect(dataset).toContainText('Restricted');
  await expect(dataset).toContainText('this project is yours');
  await expect(dataset).toContainText('restricted it. The reason: It names customers.');
  await expect(dataset.getByRole('table', { name: 'Requests' })).toContainText('ana');
  await picture(page, 'catalog-10-asked');
  await dataset.getByLabel('Reason for ana').fill('For the quarter.');
  await dataset.getByRole('button', { name: 'Approve' }).click();
  const readers = dataset.getByRole('table', { name: 'Readers' });
  await expect(readers).toContainText('ana');
  await expect(dataset.getByRole('table', { name: 'Requests' })).toContainText('approved');
  await picture(page, 'catalog-11-approved');
  await readers.locator('tr', { hasText: 'ana' }).getByRole('button', { name: 'Revoke' }).click();
  await expect(dataset.locator('tr[data-ref="person ana"]')).toHaveCount(0);
  await dataset.getByRole('button', { name: 'Open to everyone' }).click();
  await expect(dataset.getByText('Open', { exact: true })).toBeVisible();
});

test('one who may not read sees who restricted it, asks, and is told why not', async ({ page }) => {
  const ref = 'dataset:file:///lake/sales/order_items.parquet';
  const asked = { id: '1', ref, name: 'order_items.parquet', who: 'vera', at: '2026-11-01T09:00:00Z' };
  const requests: object[] = [];
  await page.route('**/perijove/catalog/dataset?**order_items**', route =>
    route.fulfill({
      status: 403,
      json: {
        kind: 'NotAllowed',
        message: 'This dataset is restricted to its readers, and you are none of them.',
        hint: 'Ask.'
      }
    })
  );
  await page.route('**/perijove/catalog/access?**', route =>
    route.fulfill({
      json: {
        ref,
        open: false,
        mayRead: false,
        why: 'It is restricted, and you are not among its readers.',
        restrictedBy: 'grace restricted it.',
        rule: ref,
        reason: '',
        readers: [],
        requests,
        mayApprove: false
      }
    })
  );
  await page.route('**/perijove/catalog/access/ask**', async route => {
    const { reason } = route.request().postDataJSON() as { reason: string };
    requests.splice(0, 1, { ...asked, reason, state: 'open' });
    await route.fulfill({ json: requests[0] });
  });
  await openLab(page, 'denied');
  await onlyData(page);
  if (!(await row(page, '/order_items.parquet').isVisible())) {
    await page.locator('.pj-Catalog-folder', { hasText: 'sales' }).first().click();
  }
  await row(page, '/order_items.parquet').dblclick();
  const denied = page.locator('.pj-Denied:visible');
  await expect(denied).toContainText('grace restricted it.');
  await expect(denied.getByRole('button', { name: 'Ask for access' })).toBeDisabled();
  await denied.getByLabel('What you need it for').fill('For the budget.');
  await picture(page, 'catalog-15-denied');
  await denied.getByRole('button', { name: 'Ask for access' }).click();
  await expect(denied).toContainText('“For the budget.”');
  requests.splice(0, 1, {
    ...asked,
    reason: 'For the budget.',
    state: 'refused',
    decidedBy: 'grace',
    answer: 'Ask in March.'
  });
  await denied.getByText('Try again').click();
  await expect(denied).toContainText('Refused by grace');
  await expect(denied).toContainText('Ask in March.');
  await picture(page, 'catalog-16-refused');
});

test('search by keyboard alone, narrowed by what was found', async ({ page }) => {
  await openLab(page, 'keys');
  await onlyData(page);
  const box = page.getByLabel('Search datasets');
  await box.fill('amount');
  await expect(page.locator('.pj-Catalog-hit').nth(1)).toBeVisible();
  await page.getByLabel('Any format').selectOption('delta');
  await expect(page.locator('.pj-Catalog-hit')).toHaveCount(1);
  await picture(page, 'catalog-12-search');
  await box.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.locator('.pj-DatasetPage h1')).toContainText('orders_daily');
});
