// The README against the code, both ways: errors, verbs, packages; and every error has its text in every language.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorCodes, errorTable } from '../device/errors.ts'
import { ca } from '../ui/text/ca.ts'
import { en } from '../ui/text/en.ts'
import { es } from '../ui/text/es.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const readme = read('README.md')

/** Rows of the table under a heading, as their cells. */
function rowsUnder(heading: string): string[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter(line => line.startsWith('| '))
    .slice(1)
    .map(line =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map(cell => cell.trim()),
    )
}

describe('the README', () => {
  it('has the table of errors as the code has it', () => {
    const rows = errorCodes.map(code => [
      `\`${code}\``,
      String(errorTable[code].status),
      errorTable[code].retry,
      errorTable[code].mend,
    ])
    expect(rowsUnder('Errors')).toEqual(rows)
  })

  it('names every verb, and no other', () => {
    const named = rowsUnder('The command line').map(([cell]) => /^`([\w-]+)/.exec(cell ?? '')?.[1])
    const table = /const verbs: [^{]*\{([^}]*)\}/.exec(read('device/cli.ts'))?.[1] ?? ''
    expect(named).toEqual([...table.matchAll(/^ {2}'?([\w-]+)'?: async/gm)].map(([, name]) => name))
  })

  it('gives a reason for every package, and for no other', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json'))
    const named = rowsUnder('Dependencies').flatMap(([cell]) =>
      [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    )
    expect(named.sort()).toEqual(Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).sort())
  })

  it('names every key of the configuration', () => {
    const shipped = JSON.parse(read('system/rootfs/etc/compulsa/compulsa.json'))
    const named = rowsUnder('Configuration').map(([cell]) => cell?.replaceAll('`', ''))
    for (const key of Object.keys(shipped)) expect(named).toContain(key)
  })
})

describe('every error', () => {
  it.each(Object.entries({ ca, es, en }))(
    'has its text in %s, and no text is without its error',
    (_language, texts) => {
      const keys = Object.keys(texts)
        .filter(key => key.startsWith('error.'))
        .map(key => key.slice('error.'.length))
      expect(keys.sort()).toEqual([...errorCodes].sort())
    },
  )

  it('tells an operator what to do in one sentence', () => {
    for (const code of errorCodes) expect(errorTable[code].mend).toMatch(/^[A-Z`].*\.$/)
  })
})
