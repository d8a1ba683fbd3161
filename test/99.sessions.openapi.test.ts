// The OpenAPI file that is served beside the sessions: valid by the OpenAPI Initiative's own schema, open to whoever builds a
// client, and true: what is asked and answered fits it, what is refused does not.

import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeEach, describe, expect, it } from 'vitest'
import { asked, path, type SessionStand, sessionStand } from './99.sessions.kit.ts'

type Json = Readonly<Record<string, unknown>>
interface File extends Json {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

let stand: SessionStand
let file: File
let ajv: Ajv2020
beforeEach(async () => {
  stand = await sessionStand()
  const answer = await fetch(`${stand.url}api/v1/openapi.json`)
  expect(answer.status).toBe(200)
  file = (await answer.json()) as File
  ajv = new Ajv2020({ strict: false, allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } })
  ajv.addSchema({ $id: 'file', ...file })
})

/** What is wrong with a value, by one of the file's schemas. */
function faultsOf(name: string, value: unknown): readonly unknown[] {
  const validate = ajv.compile({ $ref: `file#/components/schemas/${name}` })
  return validate(value) ? [] : (validate.errors ?? [])
}

const call = async (method: string, rest = '', body?: unknown) =>
  (await stand.program().call(method, `${path}${rest}`, body)).body

describe('the OpenAPI file', () => {
  it('1 is valid, and every schema in it is', () => {
    const schema = JSON.parse(readFileSync(new URL('fixtures/openapi/3.1.schema.json', import.meta.url), 'utf8'))
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
    expect(validate(file) ? [] : validate.errors).toEqual([])
    for (const name of Object.keys(file.components.schemas)) expect(() => faultsOf(name, {})).not.toThrow()
    const broken = structuredClone(file) as { paths: unknown }
    broken.paths = []
    expect(validate(broken)).toBe(false)
  })

  it('2 names what there is, and no reference leads nowhere', async () => {
    for (const [template, methods] of Object.entries(file.paths)) {
      for (const method of Object.keys(methods).filter(name => name !== 'parameters')) {
        const url = `${stand.url}api/v1${template.replace('{id}', 'NOBODY')}`
        const { detail } = (await (await fetch(url, { method })).json()) as { detail: string }
        expect(detail, `${method} ${template}`).toBe('no known token')
      }
    }
    const references = [...JSON.stringify(file).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
    expect(new Set(references)).toEqual(new Set(Object.keys(file.components.schemas)))
  })

  it('3 fits what is asked, with all of it and with the least, and not what is refused', () => {
    const least = { ens: '9821920002', user: 'u', document: { title: 't' }, signature: { mode: 'none' } }
    for (const good of [asked, least]) expect(faultsOf('SessionRequest', good)).toEqual([])
    const bad = [
      {},
      { ...asked, ens: '98' },
      { ...asked, unheardOf: 1 },
      { ...asked, document: {} },
      { ...asked, signature: { mode: 'stamp' } },
      { ...asked, digitisation: { colour: 'blue' } },
    ]
    for (const one of bad) expect(faultsOf('SessionRequest', one)).not.toEqual([])
  })

  it('4 fits what is answered, from the first answer to the last, and what is called back', async () => {
    const states: unknown[] = []
    const opened = (await call('POST', '', asked)) as { sessionID: string }
    expect(faultsOf('OpenedSession', opened)).toEqual([])
    const { sessionID } = opened
    const look = async () => {
      const state = (await call('GET', `/${sessionID}`)) as Json
      expect(faultsOf('SessionAnswer', state)).toEqual([])
      states.push(state['state'])
    }
    await look()
    const copy = stand.take({ sessionID })
    await expect.poll(async () => ((await call('GET', `/${sessionID}`)) as Json)['state']).toBe('in-hand')
    await look()
    stand.answer({ outcome: 'later', code: 'DESTINATION_BUSY', detail: 'answered 503' })
    await stand.make(copy.id)
    await expect.poll(() => stand.called).toHaveLength(1)
    await look()
    await call('DELETE', `/${sessionID}`)
    await look()
    expect(states).toEqual(['waiting', 'in-hand', 'ready', 'withdrawn'])
    for (const { body } of stand.called) expect(faultsOf('CallbackBody', JSON.parse(body))).toEqual([])
    expect(faultsOf('Error', await call('GET', '/NOBODY'))).toEqual([])
  })
})
