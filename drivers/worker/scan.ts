// The scan worker: scanners, libsane through scanimage, and scanners' own web servers on loopback and at private addresses,
// found through Avahi; no network beyond, no keys, no queue. Its scratch folder holds what a scanner program needs as files while a sheet is read.

import { createScanners, type ScannersOptions } from '../scanner/scanners.ts'
import { scannerHandlers } from './handlers.ts'
import { hostWorker } from './host.ts'

await hostWorker<ScannersOptions>(configuration => scannerHandlers(createScanners(configuration)))
