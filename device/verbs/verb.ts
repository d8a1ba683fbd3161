// What a verb of the command line is, and how its words are read. Every verb has --help and --json; a wrong use is told
// by USAGE before anything is done.

import { parseArgs } from 'node:util'
import { Fault } from '../errors.ts'
import { nearestName } from '../nearest.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly help: string
  readonly required?: true
}

export interface Verb {
  readonly name: string
  readonly summary: string
  /** How the plain words are called in the usage line, and how many there may be. */
  readonly words?: { readonly name: string; readonly min: number; readonly max: number }
  readonly options: Readonly<Record<string, OptionSpec>>
  run(call: Call): Promise<Answer>
}

export interface Call {
  readonly words: readonly string[]
  /** The value of a string option. */
  text(option: string): string | undefined
  flag(option: string): boolean
  /** A whole number in range, or undefined where the option is absent; throws USAGE. */
  number(option: string, range: { readonly min: number; readonly max: number }): number | undefined
  /** One of the values, or undefined where the option is absent; throws USAGE. */
  choice<T extends string>(option: string, values: readonly T[]): T | undefined
  /** A line on stderr while the work goes on. */
  progress(line: string): void
  /** A line on stderr that a person has to see now, also where the answer is JSON. */
  ask(line: string): void
  readonly signal: AbortSignal
}

/** `json` is printed with --json, `lines` without. */
export interface Answer {
  readonly json: unknown
  readonly lines: readonly string[]
  /** The work was done but its verdict is bad: exit 1, e.g. a signature that does not validate. */
  readonly failed?: { readonly code: string; readonly mend: string }
}

/** Of every verb that looks at the appliance's configuration. */
export const configOptions = {
  config: { type: 'string', help: 'configuration file (default /etc/compulsa/compulsa.json, else the shipped one)' },
  data: { type: 'string', help: 'folder for data and device key, instead of the configured ones' },
} as const satisfies Verb['options']

const commonOptions = {
  help: { type: 'boolean', help: 'this text' },
  json: { type: 'boolean', help: 'answer as JSON' },
} as const satisfies Verb['options']

/** The words and options of a call, checked against the verb. Throws USAGE. */
export function readCall(
  verb: Verb,
  argv: readonly string[],
  context: Pick<Call, 'progress' | 'ask' | 'signal'>,
): Call & { readonly help: boolean } {
  const options: Verb['options'] = { ...commonOptions, ...verb.options }
  const { values, positionals } = parse(argv, options)
  const text = (option: string) => {
    const value = values[option]
    return typeof value === 'string' ? value : undefined
  }
  const help = values['help'] === true
  if (!help) checkCall(verb, values, positionals)
  return {
    ...context,
    help,
    words: positionals,
    text,
    flag: option => values[option] === true,
    number(option, { min, max }) {
      const value = text(option)
      if (value === undefined) return undefined
      if (!/^\d+$/.test(value) || Number(value) < min || Number(value) > max) {
        throw new Fault('USAGE', `--${option} takes a whole number from ${min} to ${max}`)
      }
      return Number(value)
    },
    choice(option, allowed) {
      const value = text(option)
      if (value === undefined) return undefined
      const found = allowed.find(one => one === value)
      if (found === undefined) throw new Fault('USAGE', `--${option} takes one of ${allowed.join(', ')}`)
      return found
    },
  }
}

function parse(argv: readonly string[], options: Verb['options']) {
  const known = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]))
  for (const word of argv) {
    const name = /^--(?:no-)?([^=]+)/.exec(word)?.[0].slice(2)
    if (word === '--') break
    if (name !== undefined && !Object.hasOwn(known, name)) {
      const nearest = nearestName(name, Object.keys(known))
      throw new Fault('USAGE', `unknown option --${name}${nearest === undefined ? '' : `; did you mean --${nearest}?`}`)
    }
  }
  try {
    return parseArgs({ args: [...argv], options: known, allowPositionals: true, strict: true })
  } catch (thrown) {
    throw new Fault('USAGE', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })
  }
}

function checkCall(verb: Verb, values: Readonly<Record<string, unknown>>, words: readonly string[]): void {
  const { min, max, name } = verb.words ?? { min: 0, max: 0, name: 'words' }
  if (words.length < min) throw new Fault('USAGE', `${verb.name} needs ${name}`)
  if (words.length > max) throw new Fault('USAGE', `${verb.name} does not take "${words[max]}"`)
  for (const [option, { required }] of Object.entries(verb.options)) {
    if (required === true && values[option] === undefined) throw new Fault('USAGE', `${verb.name} needs --${option}`)
  }
}

/** The text of `compulsa VERB --help`. */
export function helpOf(verb: Verb): string {
  const options: Verb['options'] = { ...verb.options, ...commonOptions }
  const width = Math.max(...Object.keys(options).map(name => name.length)) + 4
  const lines = Object.entries(options).map(([name, { type, help, required }]) => {
    const value = type === 'string' ? ' …' : ''
    return `  ${`--${name}${value}`.padEnd(width + 2)}${help}${required === true ? ' (needed)' : ''}`
  })
  return [
    `compulsa ${verb.name}${verb.words === undefined ? '' : ` ${verb.words.name}`} [options]`,
    '',
    verb.summary,
    '',
    ...lines,
  ].join('\n')
}
