// The oracles that are programs of Debian's: openssl (cms and ts), xmlsec1, pdfsig and qpdf. Each knows one layer only.

import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Exhibit, isPss, type Oracle, type Verdict, verdictOf } from './oracle.ts'
import type { Pki } from './pki.ts'
import type { Parts } from './pyhanko.ts'

/** Cuts out what openssl can judge. */
export type Cut = (exhibit: Exhibit, folder: string) => Promise<Parts>

/** A judge that has not answered by then is a fault of the run. */
const judgeTimeoutMs = 60_000

interface Run {
  readonly code: number
  readonly output: string
}

function run(program: string, args: readonly string[], folder?: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const options = { timeout: judgeTimeoutMs, ...(folder === undefined ? {} : { cwd: folder }) }
    execFile(program, [...args], options, (thrown, stdout, stderr) => {
      const code = thrown === null ? 0 : thrown.code
      if (typeof code === 'number') resolve({ code, output: `${stdout}${stderr}`.trim() })
      else reject(thrown)
    })
  })
}

const objection = ({ code, output }: Run) => (code === 0 ? [] : [output.replaceAll(/\s+/g, ' ')])

export function opensslCms(pki: Pki, cut: Cut): Oracle {
  return Object.freeze({
    name: 'openssl cms',
    knows: ({ format }: Exhibit) => format !== 'XAdES',
    judge: (exhibit: Exhibit) =>
      withParts(cut, exhibit, async ({ signatures }) => {
        const runs = signatures.map(({ cms, data }) => {
          const content = data === undefined ? [] : ['-content', data, '-binary']
          const trust = ['-CAfile', pki.root, '-purpose', 'any', '-cades', '-out', '/dev/null']
          return run('openssl', ['cms', '-verify', '-inform', 'DER', '-in', cms, ...content, ...trust])
        })
        return verdictOf((await Promise.all(runs)).flatMap(objection))
      }),
  })
}

export function opensslTs(pki: Pki, cut: Cut): Oracle {
  const untrusted = pki.authorities.flatMap(path => ['-untrusted', path])
  return Object.freeze({
    name: 'openssl ts',
    knows: ({ levels }: Exhibit) => levels.some(level => level !== 'B'),
    judge: (exhibit: Exhibit) =>
      withParts(cut, exhibit, async ({ timestamps }) => {
        const runs = timestamps.map(({ token, data }) =>
          run('openssl', [
            'ts',
            '-verify',
            '-data',
            data,
            '-in',
            token,
            '-token_in',
            '-CAfile',
            pki.root,
            ...untrusted,
          ]),
        )
        const objections = (await Promise.all(runs)).flatMap(objection)
        return verdictOf(timestamps.length === 0 ? ['no time-stamp'] : objections)
      }),
  })
}

async function withParts(cut: Cut, exhibit: Exhibit, judge: (parts: Parts) => Promise<Verdict>): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-parts-'))
  try {
    return await judge(await cut(exhibit, folder))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Elements whose Id a reference of an XML signature may name. */
const elementsWithId = [
  'http://uri.etsi.org/01903/v1.3.2#:SignedProperties',
  'http://www.w3.org/2000/09/xmldsig#:Object',
  'http://www.w3.org/2000/09/xmldsig#:Signature',
  'http://www.w3.org/2000/09/xmldsig#:SignatureValue',
  'http://www.w3.org/2000/09/xmldsig#:KeyInfo',
  'http://www.w3.org/2000/09/xmldsig#:Manifest',
]

/** `contentElement` is the name of the element, in no namespace or `namespace:name`, that carries the signed content. */
export function xmlsec(pki: Pki, contentElements: readonly string[]): Oracle {
  const trust = ['--trusted-pem', pki.root, ...pki.authorities.flatMap(path => ['--untrusted-pem', path])]
  const ids = [...elementsWithId, ...contentElements].flatMap(name => ['--id-attr:Id', name])
  return Object.freeze({
    name: 'xmlsec1',
    // RSASSA-PSS came with a later version than Debian's.
    knows: (exhibit: Exhibit) => exhibit.format === 'XAdES' && !isPss(exhibit),
    judge: async ({ file, levels, operation }: Exhibit) => {
      const count = levels.length + (operation === 'countersign' ? 1 : 0)
      const runs = Array.from({ length: count }, (_, index) => {
        const which = ['--node-xpath', `(//*[local-name()='Signature'])[${index + 1}]`]
        return run('xmlsec1', ['--verify', ...trust, ...ids, ...which, file], dirname(file))
      })
      return verdictOf((await Promise.all(runs)).flatMap(objection))
    },
  })
}

export function pdfsig(): Oracle {
  return Object.freeze({
    name: 'pdfsig',
    knows: ({ format }: Exhibit) => format === 'PAdES',
    judge: async ({ file, levels }: Exhibit) => {
      const { output } = await run('pdfsig', ['-nocert', file])
      const valid = output.split('\n').filter(line => line.includes('Signature is Valid')).length
      return verdictOf(valid >= levels.length ? [] : [output])
    },
  })
}

export function qpdf(): Oracle {
  return Object.freeze({
    name: 'qpdf',
    knows: ({ format }: Exhibit) => format === 'PAdES',
    judge: async ({ file }: Exhibit) => verdictOf(objection(await run('qpdf', ['--check', file]))),
  })
}
