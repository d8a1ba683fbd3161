// Stands for a device that is about to be killed: launches the sim worker with the death signal named as argument, has
// it start a child of its own, prints both process ids as one JSON line, and stays.

import { resultOf } from '../../drivers/worker/channel.ts'
import { launchWorker } from '../../drivers/worker/launch.ts'

const quiet = () => undefined
const worker = launchWorker({
  name: 'sim',
  entry: new URL('worker.ts', import.meta.url).href,
  config: {},
  log: { info: quiet, warn: quiet, error: quiet },
  clock: { now: Date.now, sleep: () => new Promise(() => undefined) },
  deathSignal: process.argv[2] === 'none' ? 'none' : 'SIGKILL',
})
console.log(JSON.stringify(await resultOf(worker.channel.call('child', null))))
if (process.argv[3] === 'stuck') void resultOf(worker.channel.call('stuck', null)).catch(console.error)
setInterval(() => undefined, 60_000)
