// The panel itself: add and remove a source, errors as sentences, sections that fold and keep their state over a reload.
import { expect, test } from '@playwright/test';

import { openLab, picture } from './lab';

test('a source is added by its dialog, searched, and removed', async ({ page }) => {
  await openLab(page, 'sources');
  await page.getByRole('button', { name: 'Add a source', exact: true }).click();
  const dialog = page.locator('.jp-Dialog');
  await dialog.getByLabel('Where').fill('data');
  await dialog.getByLabel('Where').press('Tab');
  await dialog.getByLabel('Name').fill('patients');
  await picture2(page, 'panel-1-add');
  await dialog.getByRole('button', { name: 'Add and scan' }).click();
  const source = page.locator('.pj-Catalog-source', { hasText: 'patients' });
  await expect(source).toBeVisible({ timeout: 60_000 });
  await expect(source).toContainText('4', { timeout: 60_000 });
  await source.click();
  await source.hover();
  await picture2(page, 'panel-2-selected');
  await source.getByLabel('Remove source…').click();
  await expect(dialog).toContainText('patients');
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(source).toHaveCount(0);
});

test('a wrong place is refused with a sentence', async ({ page }) => {
  await openLab(page, 'wrong');
  await page.getByRole('button', { name: 'Add a source', exact: true }).click();
  const dialog = page.locator('.jp-Dialog');
  await dialog.getByLabel('Where').fill('no/such/folder');
  await dialog.getByRole('button', { name: 'Add and scan' }).click();
  await expect(page.locator('body')).toContainText('There is no');
  await picture(page, 'panel-3-refused');
});

test('a folded section stays folded after a reload', async ({ page }) => {
  await openLab(page, 'fold');
  const jobs = page.locator('#perijove-panel').getByRole('button', { name: /^Jobs/i }).first();
  await expect(jobs).toHaveAttribute('aria-expanded', 'true');
  await jobs.click();
  await expect(jobs).toHaveAttribute('aria-expanded', 'false');
  await page.waitForTimeout(1500); // Lab writes its state after a moment
  await page.reload();
  await expect(page.locator('#perijove-panel')).toBeVisible({ timeout: 90_000 });
  await expect(jobs).toHaveAttribute('aria-expanded', 'false');
});

/** One picture with a dialog open, where the theme menu cannot be reached. */
async function picture2(page: import('@playwright/test').Page, name: string): Promise<void> {
  const folder = process.env.PERIJOVE_PICTURES ?? 'test-results/pictures';
  await page.screenshot({ path: `${folder}/${name}-light.png` });
}
