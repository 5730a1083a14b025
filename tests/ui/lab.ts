// What the stories share: opening Lab, its theme, its commands, and pictures of it.
import { expect, type Page } from '@playwright/test';

export const TOKEN = 'for-tests-only';

/** Open Lab with an empty workspace of its own and show the Perijove panel. */
export async function openLab(page: Page, workspace: string): Promise<void> {
  // On a busy machine a shared document may come late; Lab asks about it, and nobody here is in a hurry.
  const late = page.getByRole('dialog', { name: /taking some time to load/ });
  await page.addLocatorHandler(late, dialog => dialog.getByRole('button', { name: 'Continue waiting' }).click());
  await page.goto(`/lab/workspaces/${workspace}?reset&token=${TOKEN}`);
  await expect(page.locator('#jp-main-dock-panel')).toBeVisible({ timeout: 90_000 });
  await expect(page.locator('.jp-LauncherCard').first()).toBeVisible({ timeout: 90_000 });
  const panel = page.locator('#perijove-panel');
  if (!(await panel.isVisible())) {
    await page.locator('.jp-SideBar .lm-TabBar-tab[title^="Perijove"]').click();
  }
  await expect(panel).toBeVisible();
}

/** Take a picture in the light and the dark theme, into the folder PERIJOVE_PICTURES or test-results; `keep` only in the present one, where the menus would close what is open. */
export async function picture(page: Page, name: string, { keep = false } = {}): Promise<void> {
  const folder = process.env.PERIJOVE_PICTURES ?? 'test-results/pictures';
  if (keep) {
    await page.screenshot({ path: `${folder}/${name}-light.png` });
    return;
  }
  for (const [theme, ending] of [
    ['JupyterLab Dark', 'dark'],
    ['JupyterLab Light', 'light']
  ]) {
    await setTheme(page, theme);
    await page.screenshot({ path: `${folder}/${name}-${ending}.png` });
  }
}

async function setTheme(page: Page, theme: string): Promise<void> {
  await page.locator('.lm-MenuBar-itemLabel', { hasText: /^Settings$/ }).click();
  await page.locator('.lm-Menu-itemLabel', { hasText: /^Theme$/ }).click();
  await page.locator('.lm-Menu-itemLabel', { hasText: new RegExp(`^${theme}$`) }).click();
  const light = theme.endsWith('Light') ? 'true' : 'false';
  await expect(page.locator(`body[data-jp-theme-light="${light}"]`)).toBeAttached();
  await expect(page.locator('#jupyterlab-splash')).toHaveCount(0);
}

/** Delete what a test made, through Lab's own API. */
export async function api(page: Page, method: string, path: string): Promise<unknown> {
  const answer = await page.request.fetch(path, { method, headers: { Authorization: `token ${TOKEN}` } });
  expect(answer.ok(), `${method} ${path}: ${answer.status()}`).toBeTruthy();
  const text = await answer.text();
  return text ? (JSON.parse(text) as unknown) : null;
}

/** The folder that Lab serves. */
export function folder(): string {
  const found = process.env.PERIJOVE_UI_FOLDER;
  expect(found).toBeTruthy();
  return found ?? '';
}
