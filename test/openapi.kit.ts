// An OpenAPI file that the appliance serves, held against the OpenAPI Initiative's own schema, and values against its schemas.

import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'

export interface OpenapiFile {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

export interface Served {
  readonly file: OpenapiFile
  /** What is wrong with a value, by one of the file's schemas. */
  faultsOf(name: string, value: unknown): readonly unknown[]
  /** That the file is valid, every schema in it compiles, and no reference leads nowhere. */
  expectValid(): void
  /** That every operation is there, and for those who have a token only. */
  expectAllServed(api: string, token?: string): Promise<void>
}

/** Read without a token, as by whoever builds a client. */
export async function servedFile(url: string): Promise<Served> {
  const answer = await fetch(url)
  expect(answer.status).toBe(200)
  const file = (await answer.json()) as OpenapiFile
  const formats = { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ }
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats })
  ajv.addSchema({ $id: 'file', ...file })
  const faultsOf = (name: string, value: unknown) => {
    const validate = ajv.compile({ $ref: `file#/components/schemas/${name}` })
    return validate(value) ? [] : (validate.errors ?? [])
  }
  return {
    file,
    faultsOf,
    expectValid: () => expectValid(file, faultsOf),
    expectAllServed: (api, token) => allServed(file, api, token),
  }
}

function expectValid(file: OpenapiFile, faultsOf: Served['faultsOf']): void {
  const schema = JSON.parse(readFileSync(new URL('fixtures/openapi/3.1.schema.json', import.meta.url), 'utf8'))
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
  expect(validate(file) ? [] : validate.errors).toEqual([])
  expect(validate({ ...file, paths: [] })).toBe(false)
  const names = Object.keys(file.components.schemas)
  for (const name of names) expect(() => faultsOf(name, {})).not.toThrow()
  const references = [...JSON.stringify(file).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
  expect(new Set(references)).toEqual(new Set(names))
}

async function allServed({ paths }: OpenapiFile, api: string, token: string | undefined): Promise<void> {
  for (const [template, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods).filter(name => name !== 'parameters')) {
      const url = `${api}api/v1${template.replaceAll(/\{\w+\}/g, 'NOBODY')}`
      const asked = async (headers: Record<string, string>) => (await fetch(url, { method, headers })).text()
      expect(await asked({}), `${method} ${template}`).toContain('no known token')
      // Whatever is asked without a token is refused alike, be there something or not.
      if (token !== undefined)
        expect(await asked({ authorization: `Bearer ${token}` }), `${method} ${template}`).not.toContain(
          'nothing is here',
        )
    }
  }
}
