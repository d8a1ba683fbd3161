// The whole appliance as a process of its own, under a clock that its parent sets forward; ends with its parent.

import { loadConfig } from '../../device/config/file.ts'
import { createLog, systemRandom } from '../../device/host.ts'
import { startAppliance } from '../../device/main.ts'
import { createLeapingClock } from '../sim/clock.ts'

export interface LeapBy {
  readonly leapMs: number
}

const [, , configFile, dataFolder] = process.argv
const clock = createLeapingClock()
const appliance = await startAppliance(loadConfig({ configFile, dataFolder }), 0, {
  clock,
  random: systemRandom,
  log: createLog('error'),
})
process.on('message', ({ leapMs }: LeapBy) => clock.leap(leapMs))
process.once('disconnect', () => appliance.stop())
process.send?.(appliance.url)
