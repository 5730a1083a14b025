// Jobs by clicks: a notebook that ran out of order becomes a job, a line is forced, the job is verified; then the notebook
// and a generated file change the same place, and the conflict is shown and decided.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, type Locator, test, type Page } from '@playwright/test';

import { folder, openLab, picture } from './lab';

const NOTEBOOK = 'orders.ipynb';

test('a messy notebook becomes a verified job and stays one', async ({ page }) => {
  await openLab(page, 'jobs');
  await runOutOfOrder(page);
  await chooseAndForce(page);
  await seeTargets(page);
  await writeAndVerify(page);
  await seeTheJob(page);
  await approveTheJob(page);
  await revealTheJob(page);
  await changeBoth(page);
  await seeTheConflict(page);
  await decide(page);
});

async function runOutOfOrder(page: Page): Promise<void> {
  await test.step('cells run in another order than they stand', async () => {
    await expect(page.locator('.pj-Jobs')).toContainText('No jobs yet');
    await page.locator('.jp-SideBar .lm-TabBar-tab[title^="File Browser"]').click();
    await page.locator('.jp-DirListing-item', { hasText: /^orders/ }).dblclick();
    await page.locator('.jp-DirListing-item', { hasText: NOTEBOOK }).dblclick();
    await expect(cellOf(page, 'limit = 100.0')).toBeVisible();
    await expect(page.locator('#jp-bottom-panel')).toContainText('| Idle', { timeout: 120_000 });
    let count = 0;
    for (const text of ['limit = 100.0', 'read_csv', 'clip(upper', 'groupby']) {
      count += 1;
      await cellOf(page, text).locator('.jp-InputArea-editor').click();
      await page.keyboard.press('Control+Enter');
      await expect(cellOf(page, text).locator('.jp-InputPrompt')).toContainText(`[${count}]`, {
        timeout: 120_000
      });
    }
    await page.locator('.jp-SideBar .lm-TabBar-tab[title^="Perijove"]').click();
    await expect(cellOf(page, 'groupby').locator('[data-command="jobs:export-cell"]')).toBeVisible();
    await picture(page, 'jobs-0-cell');
  });
}

async function chooseAndForce(page: Page): Promise<void> {
  await test.step('the preview says why each line stays, in the order the cells ran', async () => {
    const cell = cellOf(page, 'groupby');
    await cell.locator('.jp-InputArea-editor').click();
    await cell.locator('.jp-InputArea-editor').click({ button: 'right' });
    await page.locator('.lm-Menu-itemLabel', { hasText: 'Export to job…' }).click();
    const page_ = exporting(page);
    await expect(line(page_, 'clip(upper')).not.toHaveClass(/pj-mod-cut/, { timeout: 60_000 });
    await expect(line(page_, 'print(len')).toHaveClass(/pj-mod-cut/);
    await expect(line(page_, 'read_csv')).toContainText('for cell 1 (dear)');
    await expect(page_.getByRole('button', { name: 'As it ran' })).toHaveAttribute('aria-pressed', 'true');
    await expect(page_.getByRole('table', { name: 'Parameters' })).toContainText('limit');
    await expect(page_.getByRole('table', { name: 'Inputs' })).toContainText('orders.csv');
    await expect(page_.locator('.pj-Jobs-packages')).toContainText('pandas');
    await picture(page, 'jobs-1-export');
  });
  await test.step('as it stands, the job lacks what ran before', async () => {
    const page_ = exporting(page);
    await page_.getByRole('button', { name: 'As it stands' }).click();
    await expect(page_).toContainText('which no cell defines');
    await picture(page, 'jobs-2-stands');
    await page_.getByRole('button', { name: 'As it ran' }).click();
    await expect(page_).not.toContainText('which no cell defines');
  });
  await test.step('a line is forced in, one that is needed is forced out, and both are said', async () => {
    const page_ = exporting(page);
    await line(page_, 'print(len').getByRole('checkbox').click();
    await expect(line(page_, 'print(len')).toContainText('forced in by you');
    await expect(line(page_, 'print(len').getByRole('checkbox')).toBeChecked();
    await line(page_, 'cap = 500').getByRole('checkbox').click();
    await expect(page_).toContainText('left out by hand is needed by');
    await picture(page, 'jobs-3-forced');
    await line(page_, 'cap = 500').getByRole('checkbox').click();
    await expect(page_).not.toContainText('left out by hand is needed by');
    await expect(line(page_, 'print(len').getByRole('checkbox')).toBeChecked();
  });
}

async function seeTargets(page: Page): Promise<void> {
  await test.step('each target has its own form', async () => {
    const page_ = exporting(page);
    await page_.getByLabel('Where the job goes').selectOption('git');
    await expect(page_.getByLabel('Branch', { exact: true })).toBeVisible();
    await picture(page, 'jobs-4-target');
    await page_.getByLabel('Where the job goes').selectOption('folder');
    await page_.getByLabel('Job name').fill('dear_orders');
    await expect(page_.getByLabel('Folder')).toHaveAttribute('placeholder', 'jobs/dear_orders');
    await page.setViewportSize({ width: 980, height: 900 });
    await expect(page_.getByRole('button', { name: 'Write and verify' })).toBeInViewport({ ratio: 1 });
    await picture(page, 'jobs-4b-narrow', { keep: true });
    await page.setViewportSize({ width: 1440, height: 900 });
  });
}

async function writeAndVerify(page: Page): Promise<void> {
  await test.step('write and verify', async () => {
    const page_ = exporting(page);
    await page_.getByRole('button', { name: 'Write and verify' }).click();
    await expect(page_.getByRole('progressbar')).toBeVisible();
    await page.screenshot({ path: `${pictures()}/jobs-5-running-light.png` });
    await expect(page_.getByRole('table', { name: 'Outputs compared' })).toContainText('Identical', {
      timeout: 300_000
    });
    await expect(row(page)).toContainText('verified', { timeout: 60_000 });
    await picture(page, 'jobs-6-verified');
  });
}

async function seeTheJob(page: Page): Promise<void> {
  await test.step('the page of the job', async () => {
    await row(page).focus();
    await page.keyboard.press('Enter');
    const job = jobPage(page);
    await expect(job.locator('h1')).toContainText('verified');
    await job.getByRole('tab', { name: 'Cells and steps' }).click();
    await expect(job.locator('[data-cell="load"]')).toContainText('pd.read_csv');
    await expect(job.locator('[data-state="same"]')).toHaveCount(4);
    await picture(page, 'jobs-7-cells');
    await job.getByRole('tab', { name: 'Runs' }).click();
    await expect(job.getByRole('table', { name: 'Runs' })).toContainText('Export');
    await picture(page, 'jobs-8-runs');
  });
}

async function approveTheJob(page: Page): Promise<void> {
  await test.step('somebody answers for the job, and approves it for production', async () => {
    const job = jobPage(page);
    await job.getByTitle('Say who answers for this job').click();
    await page.locator('.jp-Dialog input').fill('data platform');
    await page.getByRole('button', { name: 'Assign' }).click();
    await expect(job.locator('.pj-Meta')).toContainText('data platform');
    await job.getByRole('button', { name: 'Approve…' }).click();
    await page.locator('.jp-Dialog input').fill('Looked at with finance.');
    await page.screenshot({ path: `${pictures()}/jobs-8c-approve-light.png` });
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await expect(job.locator('h1')).toContainText('approved');
    await expect(job.getByRole('button', { name: 'Withdraw approval' })).toBeVisible();
    await picture(page, 'jobs-8d-approved');
  });
}

async function revealTheJob(page: Page): Promise<void> {
  await test.step('the menu of a row shows its folder', async () => {
    await row(page).click({ button: 'right' });
    await picture(page, 'jobs-8b-menu', { keep: true });
    await page.locator('.lm-Menu-itemLabel', { hasText: 'Show in File Browser' }).click();
    await expect(page.locator('.jp-DirListing-item', { hasText: 'pyproject.toml' })).toBeVisible();
    await page.locator('.jp-SideBar .lm-TabBar-tab[title^="Perijove"]').click();
  });
}

async function changeBoth(page: Page): Promise<void> {
  await test.step('an engineer and the notebook change the same line, and another one each', async () => {
    const steps = join(folder(), 'jobs/dear_orders/src/dear_orders/steps.py');
    const text = readFileSync(steps, 'utf8');
    expect(text).toContain('.round(2)');
    writeFileSync(steps, text.replace('.round(2)', '.round(3)'));
    const readme = join(folder(), 'jobs/dear_orders/README.md');
    writeFileSync(readme, `${readFileSync(readme, 'utf8')}\nOwned by the data platform.\n`);
    await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: new RegExp(`^${NOTEBOOK}$`) }).click();
    const cell = cellOf(page, 'groupby');
    await cell.locator('.cm-content').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(
      'summary = dear.groupby("currency")["amount"].agg(["count", "mean"]).round(1)\nsummary'
    );
    await page.keyboard.press('Control+Enter');
    await expect(cell.locator('.jp-InputPrompt')).toContainText('[5]', { timeout: 60_000 });
    await page.keyboard.press('Control+S');
    await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: /^dear_orders$/ }).click();
    await jobPage(page).getByRole('button', { name: 'Refresh' }).first().click();
    await expect(jobPage(page).locator('h1')).toContainText('behind its notebook');
    await expect(jobPage(page).locator('h1')).toContainText('changed since it was approved');
    await jobPage(page).getByRole('tab', { name: 'Cells and steps' }).click();
    await expect(jobPage(page).locator('[data-state="changed"]')).toHaveCount(1);
    await picture(page, 'jobs-9-behind');
  });
}

async function seeTheConflict(page: Page): Promise<void> {
  await test.step('the update says what clashes and writes nothing', async () => {
    const job = jobPage(page);
    await job.getByRole('button', { name: 'Update from notebook' }).click();
    await expect(job).toContainText('Nothing was written', { timeout: 180_000 });
    const clash = job.locator('[data-path="src/dear_orders/steps.py"]');
    await expect(clash).toContainText('.round(3)');
    await expect(clash).toContainText('.round(1)');
    await expect(job.getByRole('button', { name: 'Apply and verify' })).toBeDisabled();
    await expect(row(page)).toContainText('conflict');
    await picture(page, 'jobs-10-conflict');
    const steps = readFileSync(join(folder(), 'jobs/dear_orders/src/dear_orders/steps.py'), 'utf8');
    expect(steps).toContain('.round(3)');
    expect(steps).not.toContain('<<<<<<<');
  });
}

async function decide(page: Page): Promise<void> {
  await test.step('the notebook’s version is taken, the other edit stays, and the job is verified again', async () => {
    const job = jobPage(page);
    for (const choices of await job.getByRole('radiogroup').all()) {
      await choices.getByText('Take the notebook’s').click();
    }
    await job.getByRole('button', { name: 'Apply and verify' }).click();
    await expect(job).toContainText(/Kept as edited by hand: README\.md(?!,)/, { timeout: 300_000 });
    await expect(job.locator('h1')).not.toContainText('behind');
    await expect(job.getByRole('table', { name: 'Outputs compared' })).toContainText('Identical');
    await picture(page, 'jobs-11-updated');
    const inside = (path: string): string => readFileSync(join(folder(), 'jobs/dear_orders', path), 'utf8');
    expect(inside('src/dear_orders/steps.py')).toContain('.round(1)');
    expect(inside('README.md')).toContain('Owned by the data platform.');
  });
}

function cellOf(page: Page, text: string): Locator {
  return page.locator('.jp-NotebookPanel:visible .jp-CodeCell', { hasText: text }).first();
}

function exporting(page: Page): Locator {
  return page.locator('.pj-ExportPage:visible');
}

function jobPage(page: Page): Locator {
  return page.locator('.pj-JobPage:visible');
}

function row(page: Page): Locator {
  return page.locator('.pj-Jobs .pj-Row', { hasText: 'dear_orders' }).last();
}

function line(from: Locator, text: string): Locator {
  return from.locator('.pj-Line', { hasText: text }).first();
}

function pictures(): string {
  return process.env.PERIJOVE_PICTURES ?? 'test-results/pictures';
}
