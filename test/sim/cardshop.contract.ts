// The card service's published interface as a judge of requests: method, path, and body by the schema of the product, with
// nothing besides. Written apart from the driver's own schemas, so that both would have to be wrong in the same way.

import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'

type Json = Readonly<Record<string, unknown>>

const file = new URL('../recordings/cardshop/firmadigitale.openapi.json', import.meta.url)

/** By product code, as the examples of the published document assign the schemas. */
const schemaOf: readonly (readonly [RegExp, string])[] = [
  [/^(FIR|SMARTCARDCNS|KIT|KITCNS|KEY|KEYCNS|FIRREM)$/, 'PostBodyFirme'],
  [/^(SCARUBACNS|ARUBAKEYCNS|OTPDIS|OTPMOB)$/, 'PostBodyFirmeAruba'],
  [/_VIDEO$/, 'PostBodyFirmeVideoriconoscimento'],
  [/^LETTORE$|_V$/, 'PostBodyLettore'],
  [/^RIN/, 'PostBodyRinnovi'],
  [/^FIREST$/, 'PostBodyFirmaEstero'],
  [/^VIDEORIC$/, 'PostBodyVideoriconoscimento'],
]

export interface CardContract {
  /** Every way a request breaks the contract; none: it keeps it. `body` undefined: there was none. */
  faults(method: string, path: string, body: unknown): readonly string[]
}

export function loadCardContract(): CardContract {
  const document = JSON.parse(readFileSync(file, 'utf8')) as { paths: Json; components: { schemas: Json } }
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  const schemas = closed({ components: document.components }) as { components: { schemas: Json } }
  ajv.addSchema({ $id: 'contract', ...schemas })
  const known = new Map<string, ValidateFunction>()
  const validatorOf = (name: string) => {
    const found = known.get(name) ?? ajv.compile({ $ref: `contract#/components/schemas/${name}` })
    known.set(name, found)
    return found
  }
  return Object.freeze({
    faults(method: string, path: string, body: unknown): readonly string[] {
      const template = templateOf(document.paths, method, path)
      if (template === undefined) return [`${method} ${path} is not in the contract`]
      const schema = method === 'PATCH' ? 'PostBodyPatch' : method === 'POST' ? productSchema(path) : undefined
      if (schema === undefined) return body === undefined ? [] : [`${method} with a body`]
      const validate = validatorOf(schema)
      if (validate(body)) return []
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${schema}${instancePath} ${message} ${JSON.stringify(params)}`,
      )
    },
  })
}

/** The path of the document that a request's path fits, longest first; a query must be one that it names. */
function templateOf(paths: Json, method: string, path: string): string | undefined {
  const [plain = '', query] = path.split('?')
  const fits = Object.entries(paths).filter(([template, methods]) => {
    const pattern = new RegExp(`^${template.replace(/\{[^}]+\}/g, '[A-Za-z0-9_-]+')}$`)
    return pattern.test(plain) && method.toLowerCase() in (methods as Json)
  })
  const found = fits.map(([template]) => template).sort((a, b) => b.length - a.length)[0]
  if (query !== undefined && !(found === '/richiesta' && /^codice_prodotto=[A-Z0-9_]+$/.test(query))) return undefined
  return found
}

function productSchema(path: string): string | undefined {
  const code = path.split('/').pop() ?? ''
  return schemaOf.find(([pattern]) => pattern.test(code))?.[1]
}

/** The published schemas allow anything beside what they name; here an object has what is named and no more. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed)
  if (typeof value !== 'object' || value === null) return value
  const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, closed(one)]))
  const isObject = inner['type'] === 'object' && typeof inner['properties'] === 'object'
  return isObject ? { ...inner, additionalProperties: false } : inner
}
