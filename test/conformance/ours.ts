// Our engine for a conformance run: the phases of each format in a row, with the run's keys as the token.

import { constants, randomUUID, sign } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { assembleCades, prepareCades } from '../../device/ades/cades.ts'
import { assembleCosignature, prepareCosignature } from '../../device/ades/cades-cosign.ts'
import { assembleCountersignatures, prepareCountersignatures } from '../../device/ades/cades-countersign.ts'
import { assemblePades, intendPades, preparePades } from '../../device/ades/pades.ts'
import { assembleXades, prepareXades, type XadesIntent } from '../../device/ades/xades.ts'
import { prepareXadesCosignature, prepareXadesCountersignatures } from '../../device/ades/xades-cosign.ts'
import { randomAccessOf, rangeOf, type Splice, spliced } from '../../device/bytes.ts'
import { digestOf, hashName } from '../../device/cms/algorithm.ts'
import type { SigningIntent } from '../../device/cms/signing-intent.ts'
import { openPdf } from '../../device/pdf/document.ts'
import { hashFile } from '../../device/pdf/file-hash.ts'
import type { RandomAccess, SignatureAlgorithm } from '../../device/ports.ts'
import type { Pki, SignerName } from '../oracles/pki.ts'
import type { Engine, SignCall } from './engine.ts'

export function ourEngine(pki: Pki): Engine {
  return Object.freeze({
    sign: async (call: SignCall) => {
      if (call.level !== 'B') throw new Error('only level B yet')
      await writeFile(call.out, await signed(call, pki))
    },
    extend: () => Promise.reject(new Error('nothing is extended yet')),
    verify: () => Promise.reject(new Error('nothing is verified yet')),
  })
}

const fileOf = async (path: string) => randomAccessOf(await readFile(path))

async function bytesOf(file: RandomAccess): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of rangeOf(file)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function signed(call: SignCall, pki: Pki): Promise<Uint8Array> {
  switch (call.format) {
    case 'PAdES':
      return signedPdf(call, pki)
    case 'CAdES':
      return signedCms(call, pki)
    case 'XAdES':
      return signedXml(call, pki)
  }
}

function requestOf({ algorithm, signer, policy }: SignCall, pki: Pki) {
  const [certificate, ...chain] = pki.chain(signer)
  return { algorithm, certificate, chain, properties: { signingTime: Date.now(), ...(policy && { policy }) } }
}

const signatureBy = (pki: Pki, signer: SignerName) => (intent: SigningIntent | XadesIntent) => {
  const octets = 'signedInfo' in intent ? intent.signedInfo : intent.signedAttributes
  return softwareSignature(intent.algorithm, Buffer.from(octets, 'base64'), pki.privateKey(signer))
}

function softwareSignature(algorithm: SignatureAlgorithm, octets: Uint8Array, pem: string): Uint8Array {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return sign(hashName(digestOf(algorithm)), octets, { key: pem, ...(algorithm.endsWith('andMGF1') ? pss : {}) })
}

async function signedPdf(call: SignCall, pki: Pki): Promise<Uint8Array> {
  const file = await fileOf(call.file)
  const request = { ...requestOf(call, pki), fieldName: call.operation === 'cosign' ? 'Signature2' : 'Signature1' }
  const prepared = await preparePades(await openPdf(file), request)
  const hash = await hashFile(file, { hashes: [hashName(digestOf(call.algorithm))] })
  const intent = intendPades(prepared, request, hash)
  const filled = assemblePades(prepared, intent, signatureBy(pki, call.signer)(intent))
  if (filled.outcome !== 'filled') throw new Error(`the CMS needs ${filled.neededBytes} octets`)
  return Buffer.concat([await bytesOf(file), filled.update])
}

async function signedCms(call: SignCall, pki: Pki): Promise<Uint8Array> {
  const file = await fileOf(call.file)
  const content = call.content === undefined ? undefined : await fileOf(call.content)
  const request = requestOf(call, pki)
  const value = signatureBy(pki, call.signer)
  const withSplices = (splices: readonly Splice[]) => bytesOf(spliced(file, splices))
  switch (call.operation) {
    case 'cosign': {
      const prepared = await prepareCosignature(file, content, request)
      return withSplices(await assembleCosignature(file, prepared, value(prepared.intent)))
    }
    case 'countersign': {
      const prepared = await prepareCountersignatures(file, 'leafs', request)
      const values = prepared.signatures.map(({ intent }) => value(intent))
      return withSplices(await assembleCountersignatures(file, prepared, values))
    }
    case 'sign': {
      const prepared = await prepareCades(file, call.packaging === 'detached' ? 'detached' : 'enveloping', request)
      const assembled = assembleCades(prepared, value(prepared.intent))
      return assembled.packaging === 'detached' ? assembled.signature : withSplices(assembled.splices)
    }
  }
}

async function signedXml(call: SignCall, pki: Pki): Promise<Uint8Array> {
  const file = await fileOf(call.file)
  const content = call.content === undefined ? undefined : await fileOf(call.content)
  const request = { ...requestOf(call, pki), id: `id-${randomUUID()}` }
  const value = signatureBy(pki, call.signer)
  const place = async (intent: XadesIntent) => {
    const base = intent.place.base === 'empty' ? randomAccessOf(new Uint8Array()) : file
    return bytesOf(spliced(base, assembleXades(intent, value(intent))))
  }
  switch (call.operation) {
    case 'cosign':
      return place(await prepareXadesCosignature(file, request, content))
    case 'countersign': {
      const intents = await prepareXadesCountersignatures(file, request, 'LEAFS')
      return bytesOf(
        spliced(
          file,
          intents.flatMap(intent => [...assembleXades(intent, value(intent))]),
        ),
      )
    }
    case 'sign': {
      const { packaging } = call
      const contentUri = packaging === 'detached' ? { contentUri: basename(call.file) } : {}
      return place(await prepareXades(file, { ...request, packaging, ...contentUri }))
    }
  }
}
