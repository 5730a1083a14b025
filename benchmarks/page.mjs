// Opens a Lab page in headless Chromium and prints what it loaded of Perijove until the launcher showed.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const places = [process.env.PERIJOVE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const browser = await chromium.launch({
  executablePath: places.find(place => place && existsSync(place)),
  args: [
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-dev-shm-usage',
    '--disable-gpu'
  ]
});
const page = await browser.newPage();
let bytes = 0;
let requests = 0;
const reading = [];
page.on('response', response => {
  const path = new URL(response.url()).pathname;
  if (path.includes('/extensions/perijove/') || path.includes('/perijove/')) {
    requests += 1;
    if (path.endsWith('.js')) {
      reading.push(response.body().then(body => (bytes += body.length)));
    }
  }
});
await page.goto(process.argv[2]);
await page.waitForSelector('.jp-LauncherCard', { timeout: 120000 });
await page.waitForLoadState('networkidle');
await Promise.all(reading);
await browser.close();
console.log(JSON.stringify({ bytes, requests }));
