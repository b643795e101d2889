// node look.mjs CHROMIUM PLAN: opens each page of the plan at each width and theme; one JSON line per view.
// The plan: {pages: [file], widths: [px], themes: [light|dark], axe: bool, shots: folder or null,
// media: screen or print, crop: pixels of height that a shot shows, or null for the whole page}
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { measure } from './measure.mjs'

const [executablePath, planFile] = process.argv.slice(2)
const plan = JSON.parse(readFileSync(planFile, 'utf8'))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
for (const width of plan.widths) for (const theme of plan.themes) {
  const context = await browser.newContext({ viewport: { width, height: plan.crop ?? 900 }, colorScheme: theme, deviceScaleFactor: plan.scale ?? 1 })
  for (const file of plan.pages) {
    const page = await context.newPage()
    const requests = [], alerts = []
    page.on('request', request => { if (!/^(file|data):/.test(request.url())) requests.push(request.url()) })
    page.on('dialog', dialog => { alerts.push(dialog.message()); dialog.dismiss() })
    page.on('console', message => { if (message.type() === 'error') alerts.push(message.text()) })
    await page.emulateMedia({ media: plan.media ?? 'screen', colorScheme: theme })
    await page.goto(pathToFileURL(file).href)
    await page.evaluate(() => document.fonts.ready.then(() => true))
    const view = await page.evaluate(measure)
    view.font = await page.evaluate(() => document.fonts.check('13px "Reach Sans"') && [...document.fonts].some(font => font.status === 'loaded'))
    if (plan.axe) {
      await page.evaluate(axe)
      const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }))
      view.faults = violations.filter(one => ['serious', 'critical'].includes(one.impact)).map(one => `${one.id}: ${one.nodes[0].html.slice(0, 120)}`)
    }
    if (plan.shots) await page.screenshot({ path: join(plan.shots, `${basename(file, '.html')}.${width}.${theme}.png`), ...(plan.crop ? { clip: { x: 0, y: 0, width, height: plan.crop } } : { fullPage: true }) })
    console.log(JSON.stringify({ page: basename(file), width, theme, requests, alerts, ...view }))
    await page.close()
  }
  await context.close()
}
await browser.close()
