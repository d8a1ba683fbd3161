// The rules of the house, held against the code as it stands: who may import whom, what is imported once, how long files
// and functions may grow, and that nothing imports in a circle.

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { parseSync } from 'vite'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly functions: readonly { readonly name: string; readonly lines: number; readonly excused: boolean }[]
}

const sources = globSync(['device/**/*.ts', 'drivers/**/*.ts', 'ui/**/*.{ts,tsx}', 'test/**/*.ts'], {
  cwd: root,
  exclude: ['ui/dist/**'],
})
  .sort()
  .map(readSource)
const production = sources.filter(source => !source.path.startsWith('test/'))

function readSource(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8')
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path} does not parse`)
  const imports: Import[] = []
  const functions: Source['functions'][number][] = []
  visit(program, node => {
    const target = importTarget(node)
    if (target !== undefined)
      imports.push({ from: path, to: resolve(path, target.specifier), typeOnly: target.typeOnly })
    const name = functionName(node)
    if (name !== undefined) functions.push(measure(text, node, name))
  })
  return { path, text, imports, functions }
}

type SyntaxNode = { readonly type: string; readonly start: number; readonly end: number } & Readonly<
  Record<string, unknown>
>

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function visit(value: unknown, on: (node: SyntaxNode) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, on)
  else if (isNode(value)) {
    on(value)
    for (const child of Object.values(value)) visit(child, on)
  }
}

function importTarget(node: SyntaxNode): { specifier: string; typeOnly: boolean } | undefined {
  const statement = [
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
  ].includes(node.type)
  if (!statement || !isNode(node['source'])) return undefined
  const specifier = node['source']['value']
  if (typeof specifier !== 'string') return undefined
  return { specifier, typeOnly: node['importKind'] === 'type' || node['exportKind'] === 'type' }
}

function resolve(from: string, specifier: string): string {
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier
}

/** Components are drawings rather than logic; they are measured as files only. */
function functionName(node: SyntaxNode): string | undefined {
  if (!['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(node.type)) return undefined
  const id = node['id']
  return isNode(id) && typeof id['name'] === 'string' ? id['name'] : 'anonymous'
}

function measure(text: string, node: SyntaxNode, name: string) {
  const lines = text.slice(node.start, node.end).split('\n').length
  const before = text.slice(0, node.start).trimEnd().split('\n').slice(-3).join('\n')
  return { name, lines, excused: /Long because/.test(before) || isFactory(node) }
}

/** A factory's length is its inner functions', each measured by itself. */
function isFactory(node: SyntaxNode): boolean {
  let inner = 0
  visit(node['body'], child => {
    if (functionName(child) !== undefined) inner += 1
  })
  return inner >= 3
}

const packageOf = (specifier: string) =>
  specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? specifier)
const isLocal = (target: string) => /^(device|drivers|ui|test|system)\//.test(target)
const importsOf = (prefix: string) => production.filter(s => s.path.startsWith(prefix)).flatMap(s => s.imports)
const describeAll = (imports: readonly Import[]) => imports.map(i => `${i.from} → ${i.to}`)

/** Folders of device/ that hold no input or output: bytes and facts in, bytes and verdicts out. */
const pureRooms = [
  'image',
  'pdf',
  'cms',
  'xml',
  'trust',
  'ades',
  'path',
  'batch',
  'session',
  'afirma',
  'eni',
  'evidence',
  'cards',
  'clave',
  'document',
  'clave',
]

describe('who may import whom', () => {
  it('nothing but tests imports test/', () => {
    expect(describeAll(production.flatMap(s => s.imports).filter(i => i.to.startsWith('test/')))).toEqual([])
  })

  it('only device/rooms.ts imports drivers/', () => {
    const wrong = importsOf('device/').filter(i => i.to.startsWith('drivers/') && i.from !== 'device/rooms.ts')
    expect(describeAll(wrong)).toEqual([])
  })

  it('a driver sees the ports, the errors, bytes, the doors to the outside and its own folder', () => {
    const web = [
      'http',
      'http-body',
      'http-error',
      'guarded-fetch',
      'public-address',
      'breaker',
      'breakers',
      'held-token',
      'pins',
      'retry-after',
      'emsa-pss',
    ]
    const doors = ['exec', 'credential-file', 'avahi', 'local-devices', 'device-place', ...web].map(
      name => `drivers/${name}.ts`,
    )
    const common = ['device/ports.ts', 'device/errors.ts', 'device/bytes.ts', 'device/hosts.ts', ...doors]
    const wrong = importsOf('drivers/').filter(i => {
      if (!isLocal(i.to) || common.includes(i.to) || dirname(i.to) === dirname(i.from)) return false
      if (i.from.startsWith('drivers/worker/'))
        return !i.to.startsWith('drivers/') && !pureRooms.some(r => i.to.startsWith(`device/${r}/`))
      // eSCL is XML and so is SOAP, and one reader of XML is enough.
      if (/^drivers\/(scanner\/xml|seal\/soap)\.ts$/.test(i.from) && i.to.startsWith('device/xml/')) return false
      // The imaging driver runs in the parse worker and hands pixels to the pure rules.
      return !(i.from.startsWith('drivers/imaging/') && i.to.startsWith('device/image/'))
    })
    expect(describeAll(wrong)).toEqual([])
  })

  it('a step of the path imports no other step, no store, no server', () => {
    const allowed =
      /^device\/(ports|errors|legend-lines|bytes)\.ts$|^device\/config\/(config|seal)\.ts$|^device\/(document|image|pdf|cms|xml|trust|ades|audit|eni)\//
    const shared = ['step', 'backoff', 'signed-copy'].map(name => `device/path/${name}.ts`)
    const wrong = importsOf('device/path/').filter(i => isLocal(i.to) && !allowed.test(i.to) && !shared.includes(i.to))
    expect(describeAll(wrong)).toEqual([])
  })

  it('ui/ imports only types, and only from device/http and device/errors', () => {
    const wrong = importsOf('ui/').filter(
      i =>
        isLocal(i.to) &&
        !i.to.startsWith('ui/') &&
        !(i.typeOnly && /^device\/(http\/|errors\.ts|config\/config\.ts|ports\.ts)/.test(i.to)),
    )
    expect(describeAll(wrong)).toEqual([])
  })

  it('the pure rooms of device/ do no input or output', () => {
    const io = /^(node:)?(fs|net|http|https|child_process|dgram|tls|os|worker_threads|process)(\/|$)/
    const wrong = pureRooms.flatMap(room => importsOf(`device/${room}/`)).filter(i => io.test(i.to) && !i.typeOnly)
    expect(describeAll(wrong)).toEqual([])
  })

  it('one door out: child processes only in drivers/exec.ts, outgoing HTTP only in drivers/http.ts', () => {
    const wrong = production
      .flatMap(s => s.imports)
      .filter(i => !i.typeOnly && /^node:(child_process|https?)$/.test(i.to))
      .filter(
        i =>
          ![
            'drivers/exec.ts',
            'drivers/http.ts',
            'drivers/kept-connections.ts',
            'drivers/worker/launch.ts',
            'device/http/operator-client.ts',
            'device/http/afirma-server.ts',
            'device/http/way-back.ts',
          ].includes(i.from),
      )
    expect(describeAll(wrong)).toEqual([])
  })

  it('a package with side effects is imported in one file', () => {
    const heavy = [
      'better-sqlite3',
      'pcsclite',
      'pkcs11js',
      'sharp',
      'usb',
      'node-hid',
      'serialport',
      'pino',
      'fastify',
      '@fastify/static',
      '@aws-sdk/client-s3',
    ]
    for (const name of heavy) {
      const users = production.flatMap(s => s.imports).filter(i => !i.typeOnly && packageOf(i.to) === name)
      expect(new Set(users.map(i => i.from)).size, `${name}: ${describeAll(users).join(', ')}`).toBeLessThanOrEqual(1)
    }
  })

  it('no circles', () => {
    const edges = new Map(
      production.map(s => [s.path, s.imports.filter(i => !i.typeOnly && isLocal(i.to)).map(i => i.to)]),
    )
    const done = new Set<string>()
    const circles: string[] = []
    const walk = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      else if (!done.has(path)) {
        for (const target of edges.get(path) ?? []) walk(target, [...trail, path])
        done.add(path)
      }
    }
    for (const path of edges.keys()) walk(path, [])
    expect(circles).toEqual([])
  })
})

describe('sizes', () => {
  it('a file stays under 300 lines unless it says why', () => {
    const long = sources.filter(s => s.text.split('\n').length > 301 && !/Long because/.test(s.text.slice(0, 800)))
    expect(long.map(s => `${s.path}: ${s.text.split('\n').length}`)).toEqual([])
  })

  it('a function stays under 40 lines unless it says why', () => {
    const long = production
      .filter(s => !s.path.endsWith('.tsx'))
      .flatMap(s => s.functions.filter(f => f.lines > 40 && !f.excused).map(f => `${s.path} ${f.name}: ${f.lines}`))
    expect(long).toEqual([])
  })

  it('every file opens by saying what it is', () => {
    const mute = sources.filter(s => !/^(#!.*\n)?(\/\/ |\/\*)/.test(s.text))
    expect(mute.map(s => s.path)).toEqual([])
  })
})

describe('the tree', () => {
  it('holds only what was agreed at the top', () => {
    const agreed = [
      'device',
      'ui',
      'drivers',
      'system',
      'test',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'Makefile',
      'README.md',
      'LICENSE',
    ]
    const ignored = ['node_modules', 'var']
    const there = globSync('*', { cwd: root }).filter(name => !name.startsWith('.') && !ignored.includes(name))
    expect(there.filter(name => !agreed.includes(name))).toEqual([])
  })
})
