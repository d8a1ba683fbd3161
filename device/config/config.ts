// The configuration: one JSON file, parsed once into a frozen value. Unknown keys are refused with the nearest known
// name, wrong values with their path; everything has a working default except the body and the destinations.

import Type, { type Static } from 'typebox'
import { Settings } from 'typebox/system'
import Value from 'typebox/value'
import { Fault } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import { knownKeys } from '../schema-keys.ts'
import { Cards, cardFaults } from './cards.ts'
import { Clave, claveFaults } from './clave.ts'
import { Destination, destinationFaults } from './destinations.ts'
import { levelFaults, Revocation, Timestamping, timestampingFaults } from './evidence.ts'
import { Extension, extensionFaults } from './extension.ts'
import { Printer, printerFaults } from './printer.ts'
import { Procedure, Texts } from './procedure.ts'
import { Api, Autofirma, Batches, requestFaults } from './requests.ts'
import { Scanner, scannerFaults } from './scanners.ts'
import { Seal, sealFaults } from './seal.ts'
import { withinDriver } from './union.ts'

const strict = { additionalProperties: false } as const

const ConfigSchema = Type.Object(
  {
    kiosk: Type.Object(
      {
        id: Type.String({ pattern: '^[A-Za-z0-9-]{1,40}$', default: 'kiosk' }),
        languages: Type.Array(Type.Enum(['ca', 'es', 'en']), {
          minItems: 1,
          uniqueItems: true,
          default: ['ca', 'es', 'en'],
        }),
        /** Absolute, or relative to the configuration file. */
        dataFolder: Type.String({ minLength: 1, default: 'data' }),
        /** Default: `device.key` in the data folder. */
        deviceKeyFile: Type.Optional(Type.String({ minLength: 1 })),
        port: Type.Integer({ minimum: 0, maximum: 65535, default: 8080 }),
        /** Without a touch for this long, the screen warns and then erases an unfinished copy. */
        idleSeconds: Type.Integer({ minimum: 20, maximum: 3600, default: 120 }),
      },
      { ...strict, default: {} },
    ),
    body: Type.Object(
      {
        name: Texts,
        ine10: Type.String({ pattern: '^\\d{10}$' }),
        dir3: Type.String({ pattern: '^[A-Z][A-Z0-9]\\d{7}$' }),
        /** Where a person checks a copy; `{reference}` and `{csv}` are replaced. It goes into the receipt's QR code. */
        verificationUrl: Type.Optional(Type.String({ pattern: '^https://' })),
        /** What sets out how verification codes are made: the body's own resolution (RD 203/2021, art. 21). */
        csvRegulation: Type.String({ minLength: 1, maxLength: 500, default: 'Real Decreto 203/2021, artículo 21' }),
      },
      strict,
    ),
    devices: Type.Object(
      {
        scanners: Type.Array(Scanner, { default: [] }),
        printer: Type.Optional(Printer),
        calibrationDays: Type.Integer({ minimum: 1, maximum: 3660, default: 180 }),
        /** PKCS#11 modules of the cards that sign. */
        tokenModules: Type.Array(Type.String({ minLength: 1 }), { default: [] }),
        /** PKCS#12 files that sign like a card; the PIN is their password, which the file tells for reading them. */
        keyStores: Type.Array(
          Type.Object(
            { path: Type.String({ minLength: 1 }), passwordFile: Type.Optional(Type.String({ minLength: 1 })) },
            strict,
          ),
          { default: [] },
        ),
        /** Added to the environment of the workers that load vendor code, e.g. SOFTHSM2_CONF. */
        environment: Type.Record(Type.String({ pattern: '^[A-Z][A-Z0-9_]*$' }), Type.String(), { default: {} }),
      },
      { ...strict, default: {} },
    ),
    destinations: Type.Array(Destination, { default: [] }),
    /** PEM files whose certificates may anchor a signer's chain; none: the chain is not judged here. */
    trust: Type.Array(Type.String({ minLength: 1 }), { default: [] }),
    /** Seals of bodies, on services that sign by themselves. */
    seal: Type.Optional(Seal),
    /** Signatures that people make with certificates kept by the state. */
    clave: Type.Optional(Clave),
    timestamping: Type.Optional(Timestamping),
    extension: Type.Optional(Extension),
    revocation: Revocation,
    batches: Batches,
    api: Type.Optional(Api),
    autofirma: Type.Optional(Autofirma),
    cards: Type.Optional(Cards),
    procedures: Type.Array(Procedure, { minItems: 1 }),
  },
  strict,
)

export type Config = DeepReadonly<Static<typeof ConfigSchema>>
export type DestinationConfig = Config['destinations'][number]
export type ProcedureConfig = Config['procedures'][number]
export type SourceNature = ProcedureConfig['sourceNatures'][number]
export type LocalisedTexts = Readonly<Record<string, string>>

type DeepReadonly<T> = T extends (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T

/** The lowest resolution that the norm allows (NTI Digitalización, IV.2), in pixels per inch. */
export const resolutionFloor = 200

/** Defaults filled in, everything checked, frozen. Throws CONFIG_INVALID naming each fault by its path. */
export function parseConfig(raw: unknown): Config {
  const value = Value.Default(ConfigSchema, structuredClone(raw))
  const faults = describeFaults(value)
  if (faults.length > 0) throw new Fault('CONFIG_INVALID', faults.join('; '))
  const config = value as Config
  const broken = crossReferenceFaults(config)
  if (broken.length > 0) throw new Fault('CONFIG_INVALID', broken.join('; '))
  return deepFreeze(config)
}

/** A text in the language asked for, or in the first language that the configuration gives. */
export function textIn(texts: LocalisedTexts, language: string): string {
  return texts[language] ?? Object.values(texts)[0] ?? ''
}

function describeFaults(value: unknown): string[] {
  const faults: string[] = []
  const unions = new Set<string>()
  for (const error of withinDriver(schemaErrors(value))) {
    if (error.keyword === 'boolean') faults.push(unknownKey(error.instancePath))
    else if (error.keyword === 'anyOf') unions.add(error.instancePath)
    else if (error.keyword !== 'additionalProperties')
      faults.push(`${dotted(error.instancePath)} ${error.message}${allowed(error)}`)
  }
  if (faults.length === 0) for (const path of unions) faults.push(`${dotted(path)} has no known shape`)
  if (faults.length === 0 && !Value.Check(ConfigSchema, value)) faults.push('the configuration has no known shape')
  return [...new Set(faults)]
}

/** All of them: the library stops at eight, which a union fills with what its other shapes would have wanted. */
function schemaErrors(value: unknown) {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: 1_000 })
  try {
    return Value.Errors(ConfigSchema, value)
  } finally {
    Settings.Set({ maxErrors })
  }
}

function allowed(error: { keyword: string; params: object }): string {
  if (error.keyword === 'enum' && 'allowedValues' in error.params)
    return `: ${JSON.stringify(error.params.allowedValues)}`
  if (error.keyword === 'const' && 'allowedValue' in error.params)
    return `: ${JSON.stringify(error.params.allowedValue)}`
  return ''
}

function dotted(instancePath: string): string {
  return instancePath === '' ? 'the configuration' : instancePath.slice(1).replaceAll('/', '.')
}

function unknownKey(instancePath: string): string {
  const parts = instancePath.slice(1).split('/')
  const key = parts.pop() ?? ''
  const nearest = nearestName(key, knownKeys(ConfigSchema, parts))
  const hint = nearest === undefined ? '' : `; did you mean ${[...parts, nearest].join('.')}?`
  return `unknown key ${[...parts, key].join('.')}${hint}`
}

function crossReferenceFaults(config: Config): string[] {
  const destinations = new Set(config.destinations.map(d => d.id))
  const faults = [
    ...duplicates('destinations', config.destinations),
    ...duplicates('procedures', config.procedures),
    ...duplicates('devices.scanners', config.devices.scanners),
    ...scannerFaults(config.devices.scanners),
    ...printerFaults(config.devices.printer),
    ...destinationFaults(config.destinations),
    ...timestampingFaults(config.timestamping),
    ...extensionFaults(config),
    ...sealFaults(config),
    ...claveFaults(config),
    ...requestFaults(config),
    ...cardFaults(config),
  ]
  config.procedures.forEach((procedure, i) => {
    faults.push(...levelFaults(`procedures.${i}.signature`, procedure.signature, config))
    for (const id of procedure.destinations) {
      if (!destinations.has(id)) faults.push(`procedures.${i}.destinations names ${id}, which is not a destination`)
    }
    if (procedure.digitisation.resolution < resolutionFloor) {
      faults.push(
        `procedures.${i}.digitisation.resolution is ${procedure.digitisation.resolution}; the norm's floor is 200`,
      )
    }
    if (procedure.attestation.by === 'automated' && procedure.attestation.resolution === undefined) {
      faults.push(`procedures.${i}.attestation.resolution is needed for automated action (Ley 40/2015 art. 41)`)
    }
  })
  return faults
}

function duplicates(path: string, items: readonly { readonly id: string }[]): string[] {
  const ids = items.map(item => item.id)
  return ids.filter((id, i) => ids.indexOf(id) < i).map(id => `${path} has the id ${id} twice`)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const child of Object.values(value)) deepFreeze(child)
  }
  return value
}
