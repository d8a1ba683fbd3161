// What must not pass: signatures of revoked and expired certificates, of SHA-1, altered content, altered values, bytes
// behind the last revision. We say why in the terms of EN 319 102-1. The other judges reject it too, each as far as it
// looks: that is also the proof that a judge of this run does reject.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Packaging, SignatureFormat } from '../../device/ades/request.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import type { Autofirma } from '../oracles/java.ts'
import type { Exhibit, Oracle, Verdict } from '../oracles/oracle.ts'
import type { Pki, SignerName } from '../oracles/pki.ts'
import type { Engine } from './engine.ts'
import { verdictBy, wordsOf } from './matrix.ts'
import type { Originals } from './originals.ts'
import type { Tally } from './outcome.ts'

export interface NegativeBench {
  readonly engine: Engine
  readonly oracles: readonly Oracle[]
  readonly autofirma: Autofirma
  readonly pki: Pki
  readonly originals: Originals
  readonly folder: string
  readonly tally: Tally
}

/** One file that must not pass. */
interface Bad {
  readonly row: string
  readonly exhibit: Exhibit
  /** Our indication and sub-indication, as far as the standard decides them. */
  readonly expected: RegExp
  /** The others that look at what is wrong with it. */
  readonly noticedBy: readonly string[]
}

const judgesOfIntegrity = ['DSS', 'pyHanko', 'AutoFirma', 'openssl cms', 'xmlsec1', 'pdfsig']
const judgesOfCertificates = ['DSS', 'pyHanko']

export async function runNegative(bench: NegativeBench, only: RegExp): Promise<void> {
  const makers = [ofBadCertificates, alteredContent, alteredValue, trailingBytes]
  if (!only.test('negative')) return
  for (const make of makers) {
    for (const bad of await make(bench)) await judgeBad(bad, bench)
  }
  await refusedAtLt(bench)
}

async function judgeBad({ row, exhibit, expected, noticedBy }: Bad, { engine, oracles, tally }: NegativeBench) {
  const { format, file } = exhibit
  const told = (judge: string, verdict: Verdict) => tally.add({ row, name: file, judge, verdict })
  try {
    const ours = await engine.verify({ format, file, online: true })
    const said = `${ours.indication} ${ours.subIndication ?? ''}`
    told('ours', expected.test(said) ? { accepted: true } : { accepted: false, words: `${said}; ${ours.words}` })
  } catch (thrown) {
    told('ours', { accepted: false, words: wordsOf(thrown) })
  }
  for (const oracle of oracles.filter(({ name, knows }) => noticedBy.includes(name) && knows(exhibit))) {
    const { accepted } = await verdictBy(oracle, exhibit)
    told(oracle.name, accepted ? { accepted: false, words: 'accepted it' } : { accepted: true })
  }
}

const formats: readonly (readonly [SignatureFormat, Packaging, Readonly<Record<string, string>>])[] = [
  ['PAdES', 'enveloped', { signatureSubFilter: 'ETSI.CAdES.detached' }],
  ['CAdES', 'enveloping', { mode: 'implicit' }],
  ['XAdES', 'enveloped', { format: 'XAdES Enveloped' }],
]

const weakOrBad: readonly (readonly [row: string, SignerName, SignatureAlgorithm, expected: RegExp])[] = [
  ['revoked signer', 'revoked', 'SHA256withRSA', /^INDETERMINATE REVOKED_NO_POE$/],
  ['expired signer', 'expired', 'SHA256withRSA', /^INDETERMINATE (OUT_OF_BOUNDS_NO_POE|OUT_OF_BOUNDS_NOT_REVOKED)$/],
  ['SHA-1', 'rsa2048', 'SHA1withRSA', /^INDETERMINATE CRYPTO_CONSTRAINTS_FAILURE_NO_POE$/],
]

/** Made by AutoFirma, which asks nobody about the certificate. */
async function ofBadCertificates({ autofirma, pki, originals, folder }: NegativeBench): Promise<Bad[]> {
  const all: Bad[] = []
  for (const [row, signer, algorithm, expected] of weakOrBad) {
    for (const [format, packaging, parameters] of formats) {
      const file = join(folder, `${row.replace(' ', '-')}${originals.extension(format)}`)
      await autofirma.make('sign', {
        format,
        parameters: { ...parameters, profile: 'baseline' },
        algorithm,
        p12: pki.p12(signer),
        file: originals.of(format),
        out: file,
      })
      const exhibit = { format, packaging, operation: 'sign', algorithm, levels: ['B'], file } as const
      all.push({ row, exhibit, expected, noticedBy: judgesOfCertificates })
    }
  }
  return all
}

async function goodSignature(name: string, index: number, { engine, originals, folder }: NegativeBench) {
  const [format, packaging] = formats[index] ?? formats[0] ?? ['PAdES', 'enveloped']
  const file = join(folder, `${name}${originals.extension(format)}`)
  const signer: SignerName = 'rsa2048'
  const made = { format, packaging, operation: 'sign', algorithm: 'SHA256withRSA' } as const
  await engine.sign({ ...made, level: 'B', signer, file: originals.of(format), out: file })
  const exhibit: Exhibit = { ...made, levels: ['B'], file }
  return { exhibit, file, bytes: await readFile(file) }
}

/** One letter of the content, or one octet of a page's image. */
async function alteredContent(bench: NegativeBench): Promise<Bad[]> {
  const marks = ['/XObject', 'Còpia', 'Certificaci']
  const all: Bad[] = []
  for (const [index, mark] of marks.entries()) {
    const { exhibit, file, bytes } = await goodSignature('altered-content', index, bench)
    const at = exhibit.format === 'PAdES' ? bytes.indexOf('stream\n') + 'stream\n'.length + 20 : bytes.indexOf(mark)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(file, bytes)
    const expected = /^TOTAL-FAILED HASH_FAILURE$/
    all.push({ row: 'altered content', exhibit, expected, noticedBy: judgesOfIntegrity })
  }
  return all
}

async function alteredValue(bench: NegativeBench): Promise<Bad[]> {
  const cms = await goodSignature('altered-value', 1, bench)
  // Level B ends with the signature value.
  cms.bytes[cms.bytes.length - 1] = (cms.bytes.at(-1) ?? 0) ^ 1
  const xml = await goodSignature('altered-value', 2, bench)
  const value = xml.bytes.indexOf('>', xml.bytes.indexOf(':SignatureValue')) + 1
  xml.bytes[value] = xml.bytes[value] === 0x41 ? 0x42 : 0x41
  const expected = /^TOTAL-FAILED SIG_CRYPTO_FAILURE$/
  await writeFile(cms.file, cms.bytes)
  await writeFile(xml.file, xml.bytes)
  const row = 'altered signature value'
  return [cms, xml].map(({ exhibit }) => ({ row, exhibit, expected, noticedBy: judgesOfIntegrity }))
}

async function trailingBytes(bench: NegativeBench): Promise<Bad[]> {
  const pdf = await goodSignature('trailing', 0, bench)
  await writeFile(pdf.file, Buffer.concat([pdf.bytes, Buffer.from('JUNK\n')]))
  const expected = /^(TOTAL-FAILED|INDETERMINATE) /
  return [{ row: 'bytes behind the last revision', exhibit: pdf.exhibit, expected, noticedBy: [] }]
}

/** A revoked certificate brings no signature to level LT. */
async function refusedAtLt({ engine, originals, folder, tally }: NegativeBench): Promise<void> {
  for (const [format, packaging] of formats) {
    const out = join(folder, `refused${originals.extension(format)}`)
    const made = { format, packaging, operation: 'sign', level: 'LT', algorithm: 'SHA256withRSA' } as const
    let words = 'signed all the same'
    try {
      await engine.sign({ ...made, signer: 'revoked', file: originals.of(format), out })
    } catch (thrown) {
      words = wordsOf(thrown)
    }
    const verdict: Verdict = /CERTIFICATE_REVOKED/.test(words) ? { accepted: true } : { accepted: false, words }
    tally.add({ row: 'level LT for a revoked signer', name: out, judge: 'made', verdict })
  }
}
