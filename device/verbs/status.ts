// `compulsa status`: the running appliance in a few lines.

import type { ApplianceStatus } from '../http/operator.ts'
import { askAppliance } from '../http/operator-client.ts'
import { operatorSocket } from '../main.ts'
import { configOf } from './appliance.ts'
import { checkLine } from './calibration-lines.ts'
import { cardStateLines } from './card-lines.ts'
import { pauseLine } from './pause-lines.ts'
import { printerLine } from './print.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const statusVerb: Verb = {
  name: 'status',
  summary: 'Asks the running appliance for its state.',
  options: configOptions,
  run,
}

async function run(call: Call): Promise<Answer> {
  // The answer comes from the same program over its own socket file.
  const status = (await askAppliance(operatorSocket(configOf(call).dataFolder), 'GET', '/status')) as ApplianceStatus
  const { kiosk, version, screen, startedAt, scanners, documents, oldestWaiting, freeBytes, audit, calibrations } =
    status
  const { batches, sessions, api, pausedHosts, cards, printer } = status
  const counts = Object.entries(documents).flatMap(([stage, count]) => (count === 0 ? [] : [`${count} ${stage}`]))
  return {
    json: status,
    lines: [
      `${kiosk}, version ${version}, running since ${startedAt}, screen ${screen}`,
      ...scanners.map(
        one => `scanner ${one.id}: ${one.name}, ${one.state}${one.code === undefined ? '' : ` (${one.code})`}`,
      ),
      ...(printer === null ? [] : [printerLine(printer)]),
      ...calibrations.map(one => `scanner ${one.deviceId}: ${checkLine(one)}`),
      `documents: ${counts.length === 0 ? 'none' : counts.join(', ')}`,
      `batches of programs: ${batches.waiting} waiting, ${batches.done} done${api === null ? ', interface off' : `, interface ${api}`}`,
      ...sessionLines(sessions),
      ...(cards === null ? [] : cardStateLines(cards)),
      `oldest waiting for delivery: ${oldestWaiting ?? 'none'}`,
      ...pausedHosts.map(pauseLine),
      `free: ${Math.round(freeBytes / 2 ** 20)} MiB, audit entries: ${audit.sequence}`,
    ],
  }
}

/** Nothing where no program has ever asked. */
function sessionLines(sessions: ApplianceStatus['sessions']): string[] {
  const counts = Object.entries(sessions).flatMap(([stage, count]) => (count === 0 ? [] : [`${count} ${stage}`]))
  return counts.length === 0 ? [] : [`sessions of programs: ${counts.join(', ')} (compulsa sessions)`]
}
