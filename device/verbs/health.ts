// `compulsa health`: whether the running appliance can serve, and if not, why; for a monitor over SSH.

import type { Health, HealthReason } from '../health.ts'
import { askAppliance } from '../http/operator-client.ts'
import { operatorSocket } from '../main.ts'
import { configOf } from './appliance.ts'
import { pauseLine } from './pause-lines.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const healthVerb: Verb = {
  name: 'health',
  summary: 'Tells whether the running appliance can serve: exit 0 if so, warnings included, 1 with the reasons if not.',
  options: configOptions,
  run,
}

async function run(call: Call): Promise<Answer> {
  const health = (await askAppliance(operatorSocket(configOf(call).dataFolder), 'GET', '/health')) as Health
  const { kiosk, version, status, reasons, uptimeSeconds, oldestWaiting, stopped, card, disk } = health
  const answer = {
    json: health,
    lines: [
      `${kiosk}, version ${version}: ${status}, up for ${uptimeSeconds} s`,
      ...reasons.map(reasonLine),
      ...health.scanners.map(({ id, state }) => `scanner ${id}: ${state}`),
      `card: ${card.state}`,
      `finished copies: ${oldestWaiting === null ? 'none waits' : `the oldest waits since ${oldestWaiting.at}`}, ${stopped} stopped`,
      ...health.destinations.map(
        ({ id, host, lastDelivered }) => `to ${id} (${host}): last delivered ${lastDelivered ?? 'never'}`,
      ),
      ...health.pausedHosts.map(pauseLine),
      `free: ${Math.round(disk.freeBytes / 2 ** 20)} MiB`,
    ],
  }
  if (status !== 'failing') return answer
  const causes = reasons.filter(one => one.severity === 'failing').map(({ check, detail }) => `${check}: ${detail}`)
  return { ...answer, failed: { code: 'HEALTH', mend: causes.join('; ') } }
}

function reasonLine({ check, severity, code, detail }: HealthReason): string {
  return `${severity}  ${check}: ${code === null ? '' : `${code}: `}${detail}`
}
