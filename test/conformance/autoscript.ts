// The official script of AutoFirma as the client, where AUTOSCRIPT names its file: the visits of the page tests in Debian's
// Chromium, one outcome each. The script is not ours to ship, and no package has it.

import { startPageKiosk } from '../afirma-page.kit.ts'
import { createChangingDesk, scenarios } from '../afirma-page.scenarios.ts'
import type { Tally } from './outcome.ts'

const judge = 'autoscript.js'
const scenarioTimeoutMs = 120_000

/** The columns of its table. */
export const autoscriptJudges = [judge]

export async function runAutoscript(script: string, tally: Tally): Promise<void> {
  const changing = createChangingDesk()
  const kiosk = await startPageKiosk({ desk: changing.desk, script })
  try {
    for (const { name, run } of scenarios) {
      const words = await outcome(run(kiosk, changing.renew()))
      tally.add({ row: 'visits of a page', name, judge, verdict: { accepted: words === '', words } })
    }
  } finally {
    await kiosk.stop()
  }
}

/** Nothing where it went as it should, else what happened. */
async function outcome(visit: Promise<void>): Promise<string> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), scenarioTimeoutMs)
  const { promise, resolve } = Promise.withResolvers<string>()
  late.signal.addEventListener('abort', () => resolve('no end in sight'))
  try {
    return await Promise.race([visit.then(() => ''), promise])
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  } finally {
    clearTimeout(timer)
  }
}
