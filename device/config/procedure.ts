// What the configuration says about a procedure: what it is called, how its paper is digitised, and what the copy is.

import Type from 'typebox'
import { signatureLevels } from '../ades/request.ts'
import { Id } from './scanners.ts'
import { Ine10 } from './seal.ts'

const strict = { additionalProperties: false } as const
/** One text in each language the kiosk offers; a missing one falls back to the first given. */
export const Texts = Type.Record(
  Type.String({ pattern: '^[a-z]{2}$' }),
  Type.String({ minLength: 1, maxLength: 200 }),
  {
    minProperties: 1,
  },
)

export const Digitisation = Type.Object(
  {
    resolution: Type.Integer({ minimum: 1, maximum: 1200, default: 300 }),
    colour: Type.Enum(['auto', 'color', 'gray', 'bw'], { default: 'auto' }),
    /** `auto` for piles of mixed sizes, on scanners whose lid can be told from paper. */
    paper: Type.Enum(['A3', 'A4', 'A5', 'letter', 'auto'], { default: 'A4' }),
    source: Type.Enum(['adf', 'flatbed'], { default: 'adf' }),
    duplex: Type.Boolean({ default: false }),
    deskew: Type.Boolean({ default: true }),
    /** A certified copy shows the sheet as it is; `cleaned` is for bad copies, whose shadows hide what they say. */
    background: Type.Enum(['kept', 'cleaned'], { default: 'kept' }),
    /** The page ends where the sheet does, when the scanner took more than the sheet. */
    crop: Type.Boolean({ default: true }),
    /** A layer of text behind the images, read before signing, so that the copy can be searched. */
    ocr: Type.Boolean({ default: false }),
    ocrLanguages: Type.Array(Type.Enum(['ca', 'es', 'en', 'fr', 'it']), {
      minItems: 1,
      uniqueItems: true,
      default: ['ca', 'es'],
    }),
  },
  { ...strict, default: {} },
)

/** The declared nature of the source decides EExx: RD 203/2021 art. 49 gives a plain copy only the value of a copy. */
const ElaborationStates = Type.Object(
  {
    original: Type.Enum(['EE03', 'EE99'], { default: 'EE03' }),
    authenticCopy: Type.Enum(['EE03', 'EE99'], { default: 'EE03' }),
    copy: Type.Enum(['EE99'], { default: 'EE99' }),
  },
  { ...strict, default: {} },
)

/** `ine-date` puts the body's INE10 and the day before the random part, as CÒPIA does. */
export const csvPattern = Type.Enum(['random', 'ine-date'], { default: 'random' })
/** The visible legend, in a margin that is added to the foot of every page. */
export const legend = Type.Enum(['none', 'margin'], { default: 'none' })
/** What the exchange of registries takes of one document (SICRES 3). */
export const largestMegabytes = Type.Integer({ minimum: 1, maximum: 2000, default: 10 })
/** What becomes of the paper (Ley 39/2015 art. 16.5, RD 203/2021 art. 53.1). */
export const paper = Type.Enum(['returned', 'kept'], { default: 'returned' })

export const Procedure = Type.Object(
  {
    id: Id,
    title: Texts,
    description: Type.Optional(Texts),
    digitisation: Digitisation,
    document: Type.Object(
      {
        /** Tipo documental of the NTI de Documento Electrónico. */
        type: Type.String({ pattern: '^TD(0[1-9]|1[0-9]|20|99)$', default: 'TD99' }),
        origin: Type.Enum(['citizen', 'administration'], { default: 'citizen' }),
        /** DIR3 of the unit that makes the copy, where it is not the body itself. */
        organ: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9]\\d{7}$' })),
        /** Whether each copy gets a secure verification code (RD 203/2021, art. 21). */
        csv: Type.Enum(['none', 'auto'], { default: 'none' }),
        csvPattern,
        /** The procedure in the state's inventory (SIA). */
        sia: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,50}$' })),
        legend,
        largestMegabytes,
      },
      { ...strict, default: {} },
    ),
    /** What the source may be declared as; one value is not asked about. */
    sourceNatures: Type.Array(Type.Enum(['original', 'authenticCopy', 'copy']), {
      minItems: 1,
      uniqueItems: true,
      default: ['original', 'authenticCopy', 'copy'],
    }),
    elaborationStates: ElaborationStates,
    signature: Type.Object(
      {
        /** `local`: the card in the reader; `seal`: the seal of the body, with nobody there; `clave`: the person, with Cl@ve Firma. */
        mode: Type.Enum(['none', 'local', 'seal', 'clave'], { default: 'local' }),
        /** INE10 of the body whose seal it is; absent: the kiosk's own body. */
        ens: Type.Optional(Ine10),
        format: Type.Enum(['PAdES'], { default: 'PAdES' }),
        /** Above B, `timestamping` gives the time-stamps and `trust` anchors the signer and its authority. */
        level: Type.Enum([...signatureLevels], { default: 'B' }),
      },
      { ...strict, default: {} },
    ),
    /** Ley 39/2015 art. 27.1: an enabled official, or automated action under the named resolution. */
    attestation: Type.Object(
      {
        by: Type.Enum(['official', 'automated'], { default: 'official' }),
        resolution: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
        /** Where the body registers its enabled officials, and how this one is found there. */
        register: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      },
      { ...strict, default: {} },
    ),
    /** How long a copy stays here after every destination has given its receipt. */
    retentionHours: Type.Integer({ minimum: 0, maximum: 8760, default: 12 }),
    paper,
    destinations: Type.Array(Id, { default: [] }),
  },
  strict,
)
