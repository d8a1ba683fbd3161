// `compulsa sign`: one PAdES signature on a PDF with a PKCS#11 token, by the sign step of the kiosk.

import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { orderOf } from '../desk.ts'
import { type Document, openDocument, type StoredBlob } from '../document.ts'
import { Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import { readAnchors } from '../main.ts'
import { intend, seal } from '../path/sign.ts'
import type { Signer, SigningCertificate } from '../ports.ts'
import { next } from '../transition.ts'
import { selectSigningCertificate } from '../trust/signing-certificate.ts'
import { configOf, readable, readInput, type Workbench, withWorkbench, writeOutput } from './appliance.ts'
import { readFile } from './scratch.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const signVerb: Verb = {
  name: 'sign',
  summary:
    'Signs a PDF with a token: PAdES baseline B, as an incremental update. The result is verified before it is written.',
  words: { name: 'IN', min: 1, max: 1 },
  options: {
    ...configOptions,
    out: { type: 'string', help: 'file to write', required: true },
    format: { type: 'string', help: 'pades' },
    level: { type: 'string', help: 'b' },
    module: { type: 'string', help: 'PKCS#11 module (default: the configured ones)' },
    token: { type: 'string', help: 'label of the token (default: the only one present)' },
    'key-id': { type: 'string', help: 'CKA_ID of the key, hex (default: the best signing certificate)' },
    'pin-file': { type: 'string', help: 'file whose first line is the PIN', required: true },
  },
  run,
}

async function run(call: Call): Promise<Answer> {
  if (call.text('format') !== undefined && call.text('format') !== 'pades')
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'only PAdES is made')
  if (call.text('level') !== undefined && call.text('level') !== 'b')
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'only level B is made')
  const { config } = configOf(call)
  const module = call.text('module')
  const used: Config =
    module === undefined ? config : { ...config, devices: { ...config.devices, tokenModules: [modulePath(module)] } }
  const [input = ''] = call.words
  const out = call.text('out') ?? ''
  const pin = firstLine(await readInput(call.text('pin-file') ?? ''))
  try {
    return await withWorkbench(used, async bench => {
      const candidates = await candidatesOn(bench.rooms.signer(), call.text('token'))
      const keyId = call.text('key-id')?.toLowerCase()
      const choice = selectSigningCertificate({
        candidates,
        now: systemClock.now(),
        ...(keyId === undefined ? {} : { keyId }),
      })
      if (choice.choice === 'refused') throw new Fault(choice.code, choice.detail)
      const copy = await readable(bench.scratch.write('input', readFile(input)), input)
      const signed = await signCopy(used, copy, choice.candidate, pin, bench)
      await writeOutput(out, bench.scratch.read('input', signed.copy.name))
      return { json: { out, ...signed.copy, signer: signed.signer }, lines: [`${out}: signed by ${signed.signer}`] }
    })
  } finally {
    pin.fill(0)
  }
}

/** A bare name is looked up by the dynamic linker, a path is the caller's. */
function modulePath(module: string): string {
  return module.includes('/') ? resolve(module) : module
}

function firstLine(bytes: Buffer): Buffer {
  const end = bytes.findIndex(byte => byte === 0x0a || byte === 0x0d)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

async function candidatesOn(signer: Signer, label: string | undefined): Promise<readonly SigningCertificate[]> {
  const tokens = (await signer.tokens()).filter(token => label === undefined || token.label === label)
  if (tokens.length === 0)
    throw new Fault('TOKEN_ABSENT', label === undefined ? 'no token is present' : `no token labelled ${label}`)
  if (tokens.length > 1)
    throw new Fault(
      'USAGE',
      `several tokens are present, choose with --token: ${tokens.map(one => one.label).join(', ')}`,
    )
  return (await Promise.all(tokens.map(token => signer.certificates(token.id)))).flat()
}

async function signCopy(
  config: Config,
  copy: StoredBlob,
  certificate: SigningCertificate,
  pin: Uint8Array,
  bench: Workbench,
) {
  const { scratch: blobs, newId, rooms } = bench
  const tools = { signer: rooms.signer(), blobs, clock: systemClock, newId, anchors: await readAnchors(config) }
  const at = new Date(systemClock.now()).toISOString()
  const intended = next(
    awaitingSignature(config, copy, at),
    await intend(awaitingSignature(config, copy, at), certificate, tools),
    at,
  )
  const outcome = await seal(intended, pin, tools)
  if (outcome.outcome === 'refused') throw new Fault(outcome.code, `${outcome.detail}${tries(outcome.tries)}`)
  const { event } = outcome
  if (event.type !== 'signed') throw new Fault('INTERNAL', `signing ended with ${event.type}`)
  return event
}

function tries(left: string): string {
  return (
    { few: '; few tries are left', last: '; one try is left', none: '; no tries are left', unknown: '' }[left] ?? ''
  )
}

/** A document of somebody else's, as far along as the sign step wants it. */
function awaitingSignature(config: Config, copy: StoredBlob, at: string): Document {
  const order = { ...orderOf(config, config.procedures[0]?.id ?? '', 'en'), destinations: [] }
  const opened = openDocument({ id: 'input', reference: 'CLI', language: 'en', order, at })
  return {
    ...opened,
    stage: { name: 'signing', approval: { sourceNature: 'copy', elaborationState: 'EE99', at }, copy },
  }
}
