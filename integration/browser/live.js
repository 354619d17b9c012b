// What a browser sees of the live page: node live.js URL FOLDER. It prints one JSON
// object, which integration/live_page_test.go reads, and leaves pictures in FOLDER.
"use strict";
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const [, , address, folder] = process.argv;
const target = new URL(address);

// passage passes everything on, so that connections can be cut.
const passage = () => new Promise((ready) => {
  const open = new Set();
  const server = net.createServer((here) => {
    const there = net.connect(Number(target.port), target.hostname);
    open.add(here);
    for (const [a, b] of [[here, there], [there, here]]) {
      a.on("error", () => b.destroy());
      a.on("close", () => { open.delete(here); b.destroy(); });
    }
    here.pipe(there).pipe(here);
  });
  server.listen(0, "127.0.0.1", () => ready({
    url: `http://127.0.0.1:${server.address().port}/`,
    cut: () => open.forEach((c) => c.destroy()),
    close: () => { server.close(); open.forEach((c) => c.destroy()); },
  }));
});

const violations = async (page, scheme) => {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => self.axe.run(document));
  return found.violations.flatMap((v) => v.nodes.map((n) => `${scheme}: ${v.id}: ${n.target.join(" ")}: ${n.failureSummary}`));
};

const text = (page, selector) => page.$eval(selector, (e) => e.textContent);

const main = async () => {
  const way = await passage();
  const browser = await puppeteer.launch({
    executablePath: process.env.PATH.split(path.delimiter).map((dir) => path.join(dir, "chromium")).find((file) => fs.existsSync(file)),
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const seen = { errors: [] };
  try {
    const page = await browser.newPage();
    page.on("pageerror", (e) => seen.errors.push("error: " + e.message));
    page.on("console", (m) => { if (m.type() === "error" && !/ERR_|Failed to load resource/.test(m.text())) seen.errors.push("console: " + m.text()); });
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(way.url);

    await page.waitForSelector("#report svg.chart", { timeout: 5000 });
    await page.waitForFunction(() => document.getElementById("link").textContent === "live");

    const elapsed = await text(page, "#elapsed");
    await page.waitForFunction((was) => document.getElementById("elapsed").textContent !== was, {}, elapsed);
    seen.goesOn = true;
    const drawn = await page.$eval("#report", (e) => e.innerHTML);
    await page.waitForFunction((was) => document.getElementById("report").innerHTML !== was, { timeout: 20000 }, drawn);
    seen.drawnAgain = true;

    // What a reader has opened stays open when the part is drawn again.
    await page.$eval("#report figure details", (e) => { e.open = true; e.dataset.was = "old"; });
    await page.waitForFunction(() => !document.querySelector("[data-was]"), { timeout: 20000 });
    seen.staysOpen = await page.$eval("#report figure details", (e) => e.open);

    seen.violations = [...await violations(page, "light"), ...await violations(page, "dark")];
    seen.chatty = await page.$$eval('[aria-live]:not([aria-live="off"]), [role="status"], [role="alert"], [role="log"]',
      (all) => all.filter((e) => e.querySelector("[data-figure]") || e.closest("#figures") || e.closest("[data-part=log]")).length);
    seen.evil = await page.evaluate(() => self.evil === true);

    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      for (const width of [360, 1280, 2560]) {
        await page.setViewport({ width, height: width < 500 ? 1600 : 1000 });
        await new Promise((r) => setTimeout(r, 200));
        seen.tooWide = seen.tooWide || await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        await page.screenshot({ path: path.join(folder, `live-${scheme}-${width}.png`) });
      }
    }
    await page.setViewport({ width: 1280, height: 900 });

    way.cut();
    await page.waitForFunction(() => document.getElementById("link").textContent === "reconnecting");
    seen.lost = await page.$eval("body", (e) => e.dataset.link);
    await page.waitForFunction(() => document.getElementById("link").textContent === "live");
    const at = await text(page, "#elapsed");
    await page.waitForFunction((was) => document.getElementById("elapsed").textContent !== was, {}, at);
    seen.reconnected = true;

    const bare = await browser.newPage();
    await bare.setJavaScriptEnabled(false);
    await bare.goto(way.url, { waitUntil: "domcontentloaded" });
    seen.withoutScript = (await bare.$$("#report svg.chart")).length;
    await bare.close();

    await page.focus("#stop summary");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    seen.violations.push(...await violations(page, "light"));
    await page.screenshot({ path: path.join(folder, "live-stop.png") });
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /^Ended/.test(document.querySelector("[data-part=state]").textContent), { timeout: 20000 });
    await page.waitForFunction(() => document.body.dataset.link === "ended");
    seen.state = await text(page, "[data-part=state]");
    seen.verdict = await text(page, "#verdict h1");
    seen.log = await text(page, "[data-part=log]");
    seen.violations.push(...await violations(page, "dark"), ...await violations(page, "light"));
    await page.screenshot({ path: path.join(folder, "live-ended.png") });
  } finally {
    await browser.close();
    way.close();
  }
  console.log(JSON.stringify(seen));
};

main().catch((e) => { console.error(e); process.exit(1); });
