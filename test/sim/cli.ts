#!/usr/bin/env node
// `compulsa-sim NAME`: starts one simulator, or `appliance`, the whole kiosk on simulators, until Ctrl-C.

import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runAppliance } from './appliance.ts'
import { runCopia } from './copia-service.ts'
import { startEsclSimulator } from './escl.ts'
import { runFortressCentre } from './fortress-centre.ts'
import { printerConditions } from './ipp-printer.jobs.ts'
import { drawSheet } from './paper.ts'
import { createTestPki, pem } from './pki.ts'
import { startReceiver } from './receiver.ts'
import { startS3 } from './s3.ts'
import { startSiteCards } from './site-cards.ts'
import { runClaveCentre } from './site-clave.ts'
import { startSitePrinter } from './site-printer.ts'
import { startSiteSeal } from './site-seal.ts'
import { createSoftToken } from './token.ts'
import { runTrustCentre } from './trust-centre.ts'

interface Simulator {
  readonly summary: string
  /** Resolves to the exit code when `signal` has ended it. */
  run(options: Options, signal: AbortSignal): Promise<number>
}

interface Options {
  readonly folder: string
  readonly port: number | undefined
  readonly fault: string | undefined
}

const simulators: Readonly<Record<string, Simulator>> = {
  appliance: {
    summary:
      'the whole kiosk: scanner, card, receiver, card service, and the appliance with its screen (default port 8080)',
    run: ({ folder, port = 8080 }, signal) =>
      runAppliance({ folder, port, controlPort: port === 0 ? 0 : port + 1 }, signal),
  },
  scanner: {
    summary: 'an eSCL scanner with three sheets in its feeder',
    async run({ port = 0 }, signal) {
      const fronts = await Promise.all([1, 2, 3].map(seed => drawSheet({ seed, kind: 'letter', resolution: 300 })))
      const scanner = await startEsclSimulator({ port, sheets: fronts.map(front => ({ front })) })
      console.log(`eSCL scanner: ${scanner.url}`)
      await ended(signal)
      await scanner.stop()
      return 0
    },
  },
  card: {
    summary: 'makes a SoftHSM2 token with a signing key in --folder, and tells how to use it',
    async run({ folder }) {
      const pki = await createTestPki({ now: Date.now() })
      const token = await createSoftToken({ folder, entries: [{ identity: await pki.signer() }] })
      console.log(
        `module ${token.modulePath}\ntoken ${token.label}\nPIN ${token.pin}\nSOFTHSM2_CONF=${token.environment.SOFTHSM2_CONF}`,
      )
      console.log(pem('CERTIFICATE', pki.root))
      return 0
    },
  },
  printer: {
    summary:
      'a printer by IPP; what it prints lies in --folder; --fault media-empty, media-jam, cover-open, toner-empty, output-area-full, paused',
    async run({ folder, port = 0, fault }, signal) {
      const condition = printerConditions.find(one => one === fault)
      if (fault !== undefined && condition === undefined) throw new Error(`no fault ${fault}`)
      const printer = await startSitePrinter(folder, { port, pageMs: 1_500 })
      if (condition !== undefined) printer.set(condition)
      console.log(`"printer": ${JSON.stringify({ url: printer.url })}`)
      await ended(signal)
      await printer.stop()
      return 0
    },
  },
  tsa: {
    summary: 'a time-stamping authority with OCSP and CRLs, and a key of its PKI for --p12 in --folder',
    run: ({ folder, port = 0 }, signal) => runTrustCentre({ folder, port }, signal),
  },
  cards: {
    summary:
      'the service that sells signature cards; writes its token and CA into --folder and prints the configuration',
    async run({ folder, port = 0 }, signal) {
      const { shop, configuration } = await startSiteCards(folder, port)
      console.log(`"cards": ${JSON.stringify(configuration)}`)
      await ended(signal)
      await shop.stop()
      return 0
    },
  },
  copia: {
    summary:
      'a CÒPIA service; writes its key and CA into --folder and prints the destination; --fault for its failures',
    run: ({ folder, port = 0, fault }, signal) => runCopia({ folder, port, fault }, signal),
  },
  fortress: {
    summary:
      'the extension service beside a TSA, and a configuration that names both in --folder; --fault for its failures',
    run: ({ folder, port = 0, fault }, signal) => runFortressCentre({ folder, port, fault }, signal),
  },
  trustedx: {
    summary: 'a TrustedX seal service with one seal, and in --folder what a kiosk needs to use it',
    async run({ folder }, signal) {
      await mkdir(folder, { recursive: true })
      const { server, trustFile, configuration } = await startSiteSeal(resolve(folder), undefined)
      console.log(JSON.stringify({ seal: configuration('9821920002'), trust: [trustFile] }, null, 2))
      await ended(signal)
      await server.stop()
      return 0
    },
  },
  clave: {
    summary: 'FIRe with Cl@ve Firma and the people of its test kit, and in --folder a configuration that uses it',
    run: ({ folder, port }, signal) => runClaveCentre({ folder, ...(port !== undefined && { port }) }, signal),
  },
  receiver: {
    summary: 'a back office that takes copies over HTTPS',
    async run({ port = 0 }, signal) {
      const receiver = await startReceiver({ port })
      console.log(`receiver: ${receiver.url}\n${receiver.caPem}`)
      await ended(signal)
      await receiver.stop()
      return 0
    },
  },
  bucket: {
    summary: 'a bucket by the S3 protocol over HTTPS',
    async run(_options, signal) {
      const s3 = await startS3()
      const { accessKeyId, secretKey, region } = s3.credentials
      console.log(
        `bucket ${s3.bucket} at ${s3.url}, region ${region}, key ${accessKeyId}, secret ${secretKey}\n${s3.caPem}`,
      )
      await ended(signal)
      await s3.stop()
      return 0
    },
  },
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function usage(): string {
  const rows = Object.entries(simulators).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  return ['compulsa-sim NAME [--folder F] [--port N] [--fault NAME]', '', ...rows].join('\n')
}

const { values, positionals } = parseArgs({
  options: {
    folder: { type: 'string', default: 'var/sim' },
    port: { type: 'string' },
    fault: { type: 'string' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
})
const simulator = simulators[positionals[0] ?? '']
if (values.help === true || simulator === undefined) {
  console.log(usage())
  process.exit(values.help === true ? 0 : 2)
}
const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort())
try {
  const port = values.port === undefined ? undefined : Number(values.port)
  process.exitCode = await simulator.run({ folder: values.folder, port, fault: values.fault }, stopping.signal)
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown)
  process.exitCode = 1
}
