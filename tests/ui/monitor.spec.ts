// A job is watched by clicks: it is steady, then it drifts, the list says so and leads there, and the new normal is accepted.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, type Locator, test, type Page } from '@playwright/test';

import { folder, openLab, picture } from './lab';

const NAME = 'loan_scoring';
const root = resolve(__dirname, '../..');

test('a job that drifts is seen, understood and accepted as the new normal', async ({ page }) => {
  happen('written');
  try {
    await openLab(page, 'monitor');
    await seeNothing(page);
    await seeSteady(page);
    await seeDrift(page);
    await comeFromTheList(page);
    await accept(page);
    await compareWithTheTruth(page);
    await seeBreaches(page);
  } finally {
    happen('gone');
  }
});

async function seeNothing(page: Page): Promise<void> {
  await test.step('before the first run there is nothing to compare, and it says what to do', async () => {
    await row(page).focus();
    await page.keyboard.press('Enter');
    await job(page).getByRole('tab', { name: 'Verification' }).focus();
    for (const name of ['Cells and steps', 'Runs', 'Monitor']) {
      await page.keyboard.press('ArrowRight');
      await expect(job(page).getByRole('tab', { name })).toBeFocused();
    }
    await expect(monitor(page, 'unknown')).toContainText('nothing to compare yet');
    await expect(monitor(page, 'unknown').getByRole('button', { name: 'Run the job' })).toBeVisible();
    await picture(page, 'monitor-0-nothing');
  });
}

async function seeSteady(page: Page): Promise<void> {
  await test.step('steady, with its history beside the limits', async () => {
    happen('usual');
    await job(page).getByRole('button', { name: 'Look again' }).click();
    await expect(monitor(page, 'steady')).toContainText('Alerts: off');
    await expect(monitor(page, 'steady')).toContainText('JOB_ALERT_WEBHOOK');
    await expect(job(page).getByRole('img', { name: /^Worst PSI of 13 profiles, .*limit 0.2, 0 drifting/ })).toBeVisible();
    await expect(job(page).getByRole('img', { name: /^accuracy of 4 profiles, .*baseline 0.930/ })).toBeVisible();
    await expect(job(page).getByRole('button', { name: 'Accept as normal…' })).toHaveCount(0);
    await picture(page, 'monitor-1-steady');
  });
}

async function seeDrift(page: Page): Promise<void> {
  await test.step('what was scored since has drifted, and the columns are named', async () => {
    happen('shifted');
    await job(page).getByRole('button', { name: 'Look again' }).click();
    const seen = monitor(page, 'drifting');
    await expect(seen.locator('.pj-Notice')).toContainText('features.amount');
    const first = seen.getByRole('table', { name: 'Columns now' }).getByRole('row').nth(1);
    await expect(first).toContainText('amount');
    await expect(first).toContainText('Its population stability index is');
    await expect(job(page).getByRole('img', { name: /^Worst PSI of 15 profiles, .*2 drifting/ })).toBeVisible();
    await picture(page, 'monitor-2-drifting');
    await expect(first).toContainText('over 0.15');
    await first.scrollIntoViewIfNeeded();
    await seen.getByRole('table', { name: 'Metrics' }).scrollIntoViewIfNeeded();
    await picture(page, 'monitor-2b-columns');
    await seen.getByText('The same as a table').click();
    await expect(seen.getByRole('table', { name: 'Profiles' }).getByRole('row').nth(1)).toContainText('features.amount');
    await seen.getByRole('table', { name: 'Profiles' }).scrollIntoViewIfNeeded();
    await picture(page, 'monitor-3-history');
  });
}

async function comeFromTheList(page: Page): Promise<void> {
  await test.step('the list says so, and leads to the monitor', async () => {
    await expect(row(page)).toContainText('drifting');
    await expect(job(page).locator('h1')).toContainText('drifting');
    await job(page).getByRole('tab', { name: 'Files' }).click();
    await expect(monitor(page, 'drifting')).toHaveCount(0);
    await row(page).dblclick();
    await expect(monitor(page, 'drifting')).toBeVisible();
    await page.locator('.lm-DockPanel-tabBar .lm-TabBar-tab', { hasText: NAME }).locator('.lm-TabBar-tabCloseIcon').click();
    await row(page).dblclick();
    await expect(monitor(page, 'drifting')).toBeVisible();
    await page.setViewportSize({ width: 900, height: 900 });
    await picture(page, 'monitor-4-narrow', { keep: true });
    await page.setViewportSize({ width: 1440, height: 900 });
  });
}

async function accept(page: Page): Promise<void> {
  await test.step('what is now is accepted, after a question', async () => {
    const kept = join(folder(), 'jobs', NAME, 'reference.json');
    await job(page).getByRole('button', { name: 'Accept as normal…' }).click();
    const dialog = page.locator('.jp-Dialog');
    await expect(dialog).toContainText('commit it');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(existsSync(kept)).toBe(false);
    await job(page).getByRole('button', { name: 'Accept as normal…' }).click();
    await picture(page, 'monitor-5-question', { keep: true });
    await dialog.getByRole('button', { name: 'Accept as normal' }).click();
    await expect(monitor(page, 'steady')).toBeVisible();
    await expect(row(page)).not.toContainText('drifting');
    await expect(job(page).getByRole('img', { name: /^Worst PSI of 15 profiles, .*2 drifting/ })).toBeVisible();
    expect(Object.keys(JSON.parse(readFileSync(kept, 'utf8')) as object).sort()).toEqual(['run', 'scoring']);
    await picture(page, 'monitor-6-accepted');
  });
}

async function compareWithTheTruth(page: Page): Promise<void> {
  await test.step('labels that came later are compared with the predictions', async () => {
    happen('known');
    await job(page).getByRole('button', { name: 'Look again' }).click();
    await job(page).getByRole('button', { name: 'Labels…' }).click();
    const form = job(page).getByRole('form', { name: 'Labels' });
    await form.getByLabel('File').fill('../elsewhere.csv');
    await form.getByRole('button', { name: 'Compare' }).click();
    await expect(job(page).getByRole('alert')).toContainText('lies outside the project');
    await form.getByLabel('File').fill(`jobs/${NAME}/outputs/scored-70.truth.csv`);
    await page.keyboard.press('Enter');
    await expect(job(page).getByRole('alert')).toContainText('Which column holds the labels?');
    await picture(page, 'monitor-7-labels', { keep: true });
    await form.getByLabel('Column of the labels').fill('bad');
    await form.getByRole('button', { name: 'Compare' }).click();
    await expect(form).toHaveCount(0);
    await expect(job(page).getByRole('img', { name: /^accuracy of 5 profiles/ })).toBeVisible();
    const metrics = job(page).getByRole('table', { name: 'Metrics' });
    await metrics.scrollIntoViewIfNeeded();
    await expect(metrics.getByRole('row', { name: /accuracy/ })).toContainText('0.927');
    await expect(monitor(page, 'steady')).toContainText('from 400 rows with labels');
  });
}

async function seeBreaches(page: Page): Promise<void> {
  await test.step('a breach of the contract is told', async () => {
    happen('broken');
    await job(page).getByRole('button', { name: 'Look again' }).click();
    await expect(job(page).getByRole('region', { name: 'Breaches of the contract' })).toContainText("no column 'term'");
    await picture(page, 'monitor-8-breaches');
  });
}

/** Let something happen to the job behind Lab's back. */
function happen(what: string): void {
  const python = resolve(root, '.venv/bin/python');
  execFileSync(python, ['-m', 'tests.ui.watched', folder(), what], { cwd: root });
}

function job(page: Page): Locator {
  return page.locator('.pj-JobPage:visible');
}

function monitor(page: Page, state: string): Locator {
  return job(page).locator(`.pj-Jobs-monitor[data-state="${state}"]`);
}

function row(page: Page): Locator {
  return page.locator('.pj-Jobs .pj-Row', { hasText: NAME }).last();
}
