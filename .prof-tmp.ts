import { readFileSync } from 'node:fs'
import { buildInterface, startScreens, startStandIn } from './test/ui-fixture.ts'
import { situations } from './test/ui-views.ts'
const t=(l:string)=>{const n=performance.now();console.log(l,Math.round(n-last));last=performance.now()}
let last=performance.now()
const built = await buildInterface(); t('build')
const standIn = await startStandIn(built.folder); t('standin')
const screens = await startScreens(); t('chromium')
const context = await screens.context('landscape'); const page = await context.newPage(); t('page')
const axe=readFileSync('node_modules/axe-core/axe.min.js','utf8')
for (const n of ['card','review','pin','receipt']) {
  standIn.push(situations[n]!)
  await page.goto(standIn.url); t('goto '+n)
  await page.waitForSelector('h1'); t('h1')
  await page.waitForFunction(() => Array.from(document.images).every(i => i.complete)); t('img')
  await page.evaluate(axe); t('axe load')
  await page.evaluate(async()=>{await (window as any).axe.run()}); t('axe run')
  await page.locator('.languages button[lang=es]').tap(); t('tap')
}
await screens.close(); await standIn.close(); await built.remove()
