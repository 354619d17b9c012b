// Opens pages of gonogo in Chromium and prints, as JSON, what it finds: what axe and
// Lighthouse say, and whether all of it can be seen and used. What is expected of it is
// for the Go test to say.
//
//   node pages.mjs pages CHROMIUM BASE-URL PAGE...
//   node pages.mjs site CHROMIUM BASE-URL PATH...
//   node pages.mjs lighthouse CHROMIUM BASE-URL PAGE
//
// BASE-URL/free/PAGE is a page as a file is opened; BASE-URL/strict/PAGE is the same under
// a policy that lets no script and no style of its own through. A site is served as it is.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import puppeteer from 'puppeteer-core';
import lighthouse from 'lighthouse';
import desktop from 'lighthouse/core/config/desktop-config.js';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [mode, chromium, base, ...names] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const colours = (page, value) => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);

// open makes a page and keeps what its console says.
async function open(path, { scripts = true } = {}) {
  const page = await browser.newPage();
  const said = [];
  page.on('console', (m) => ['error', 'warn'].includes(m.type()) && said.push(m.text()));
  page.on('pageerror', (e) => said.push(e.message));
  await page.setViewport({ width: 1280, height: 900 });
  await colours(page, 'light');
  await page.setJavaScriptEnabled(scripts);
  await page.goto(`${base}/${path}`, { waitUntil: 'load' });
  return { page, said };
}

// violations are what axe finds, a line each.
async function violations(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.length} of ${v.nodes[0].html.slice(0, 160)}`);
}

// unseen are the charts of which something is not drawn.
async function unseen(page) {
  return page.evaluate(() => [...document.querySelectorAll('svg.chart, svg.gauge')].flatMap((svg) => {
    const id = svg.closest('figure')?.id ?? svg.getAttribute('aria-label');
    const box = svg.getBoundingClientRect();
    if (box.width < 20 || box.height < 8) return [`${id}: ${box.width}x${box.height}`];
    const empty = [...svg.querySelectorAll('text')].filter((t) => t.getBoundingClientRect().width <= 0);
    const strokes = [...svg.querySelectorAll('path, rect, circle')].filter((e) => {
      const s = getComputedStyle(e);
      return s.visibility === 'visible' && (s.stroke !== 'none' || s.fill !== 'none');
    });
    return empty.length > 0 || strokes.length < 2 ? [`${id}: ${empty.length} texts unseen, ${strokes.length} strokes`] : [];
  }));
}

// shape says how wide the page is and how many charts stand beside each other.
async function shape(page, width) {
  await page.setViewport({ width, height: 900 });
  const found = await page.evaluate(() => {
    const tops = [...document.querySelectorAll('#time figure')].map((f) => Math.round(f.getBoundingClientRect().top));
    return { overflow: document.documentElement.scrollWidth - innerWidth, abreast: tops.filter((t) => t === tops[0]).length };
  });
  return { width, ...found };
}

// used tries what the script adds.
async function used(page) {
  const look = () => page.evaluate(() => {
    const box = document.querySelector('#c-response .plotted');
    const shown = (s) => { const e = box.querySelector(s); return e && !e.hidden ? e.textContent : ''; };
    return { tip: shown('.tip'), reset: shown('.reset'), view: box.querySelector('.plot').getAttribute('viewBox') };
  });
  const plot = await page.$('#c-response svg.chart');
  await plot.scrollIntoView();
  const b = await plot.boundingBox();
  const at = (x) => [b.x + b.width * x, b.y + b.height * 0.5];
  const home = await look();
  await page.mouse.move(...at(0.5));
  const hover = await look();
  await page.mouse.move(...at(0.3));
  await page.mouse.down();
  await page.mouse.move(...at(0.5), { steps: 4 });
  await page.mouse.up();
  const zoomed = await look();
  await page.focus('#c-response .plotted');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  const keyed = await look();
  const sorted = await page.evaluate(() => {
    const t = document.querySelector('#t-steps.sort');
    if (!t) return null;
    const heads = [...t.querySelectorAll('thead th')];
    heads[4].querySelector('button').click();
    const keys = [...t.tBodies[0].rows].map((r) => Number(r.cells[4].dataset.k));
    return { aria: heads[4].getAttribute('aria-sort'), falls: keys.every((k, i) => i === 0 || keys[i - 1] >= k) };
  });
  const filtered = await page.evaluate(() => {
    const input = document.querySelector('.filter input');
    if (!input) return null;
    input.value = 'orders';
    input.dispatchEvent(new Event('input'));
    const rows = [...document.querySelectorAll('#t-steps tbody tr')];
    return { shown: rows.filter((r) => !r.hidden).length, all: rows.length };
  });
  const theme = await page.evaluate(() => {
    const button = document.querySelector('.tools button');
    const colours = [];
    for (let i = 0; i < 3; i++) {
      colours.push(getComputedStyle(document.body).backgroundColor);
      button.click();
    }
    return colours;
  });
  const download = await page.evaluate(() => new Promise((resolve) => {
    HTMLAnchorElement.prototype.click = function click() { resolve({ file: this.download, blob: this.href.startsWith('blob:') }); };
    document.querySelector('.get button').click();
  }));
  return { home, hover, zoomed, keyed, sorted, filtered, theme, download };
}

// performance is what Lighthouse says of a page on a desk.
async function performance(name) {
  const { lhr } = await lighthouse(`${base}/free/${name}`, {
    port: new URL(browser.wsEndpoint()).port, onlyCategories: ['performance'], logLevel: 'silent',
  }, desktop);
  const ms = (id) => lhr.audits[id].numericValue;
  return {
    performance: lhr.categories.performance.score * 100, firstPaint: ms('first-contentful-paint'), largestPaint: ms('largest-contentful-paint'),
    blocked: ms('total-blocking-time'), shift: ms('cumulative-layout-shift'),
  };
}

const began = Date.now();
const note = (what) => console.error(`${((Date.now() - began) / 1000).toFixed(1)}s ${what}`);

// accessible is what axe finds of a page in both colours.
async function accessible(page) {
  const light = await violations(page);
  await colours(page, 'dark');
  const dark = await violations(page);
  await colours(page, 'light');
  return { light, dark };
}

// report looks at the page of a report, as a file and under the strict policy.
async function report(name) {
  const free = await open(`free/${name}`);
  const at = await accessible(free.page);
  note(`${name}: axe`);
  at.unseenStyled = await unseen(free.page);
  at.used = await used(free.page);
  at.shapes = [];
  for (const width of [360, 1440, 2560]) at.shapes.push(await shape(free.page, width));
  at.said = free.said;
  await free.page.close();
  const strict = await open(`strict/${name}`, { scripts: false });
  at.charts = await strict.page.evaluate(() => document.querySelectorAll('svg.chart').length);
  at.unseen = await unseen(strict.page);
  await strict.page.close();
  note(`${name}: seen and used`);
  return at;
}

// served looks at a page of a site, also on a phone.
async function served(path) {
  const { page, said } = await open(path);
  const at = { ...await accessible(page), said, shapes: [] };
  for (const width of [360, 1280, 2560]) at.shapes.push(await shape(page, width));
  await page.close();
  note(`${path}: axe`);
  return at;
}

const look = { pages: report, site: served, lighthouse: performance }[mode];
const result = {};
for (const name of names) result[name] = await look(name);
await browser.close();
console.log(JSON.stringify(result));
