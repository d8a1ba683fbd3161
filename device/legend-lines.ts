// What the visible legend of a copy says (Ley 39/2015, art. 27; RD 203/2021, art. 21 and 49): who made it and by what
// right, when, from what, and where it can be checked.

import { type Config, textIn } from './config/config.ts'
import type { Document } from './document/document.ts'
import { copySheets } from './document/page.ts'
import { Fault } from './errors.ts'
import type { Font } from './pdf/font.ts'
import type { Legend } from './pdf/legend.ts'

export type LegendKey =
  | 'authentic'
  | 'plain'
  | 'official'
  | 'automated'
  | 'facts'
  | 'csv'
  | 'verification'
  | 'signed'
  | 'page'

/** A text of the legend in a language, `{name}` filled in; a name without a value stays. */
export type LegendText = (
  language: string,
  key: LegendKey,
  values?: Readonly<Record<string, string | number>>,
) => string

/** The legend of an approved copy. Throws STAGE_CONFLICT before that. */
export function legendOf(document: Document, body: Config['body'], font: Font, text: LegendText): Legend {
  const { language, stage, order, reference, csv } = document
  if (!('approval' in stage)) throw new Fault('STAGE_CONFLICT', `a copy at ${stage.name} has no legend`)
  const say = (key: LegendKey, values = {}) => text(language, key, values)
  const { elaborationState, at } = stage.approval
  const signature = 'signature' in stage ? stage.signature : null
  const link = verificationLink(document, body)
  const authentic = elaborationState === 'EE03' && order.signature.mode !== 'none'
  const { by, resolution = '' } = order.attestation
  const checked = [
    ...(csv === null ? [] : [say('csv', { csv })]),
    ...(link === undefined ? [] : [say('verification', { link })]),
  ]
  const attested = order.signature.mode === 'none' ? [] : [say(by, { resolution })]
  const lines = [
    `${say(authentic ? 'authentic' : 'plain')} · ${textIn(body.name, language)}`,
    ...attested,
    say('facts', { date: minuteOf(at), state: elaborationState, reference }),
    ...(signature === null ? [] : [say('signed', { signer: signature.signer, date: minuteOf(signature.at) })]),
    ...(checked.length === 0 ? [] : [checked.join(' · ')]),
  ]
  const pages = copySheets(document.pages).length
  return { lines, pageLine: say('page', { pages }), font, ...(link !== undefined && { link }) }
}

/** Where the copy can be checked; undefined where the body has no such address. */
export function verificationLink(
  { reference, csv }: Pick<Document, 'reference' | 'csv'>,
  { verificationUrl }: Config['body'],
): string | undefined {
  return verificationUrl
    ?.replaceAll('{reference}', encodeURIComponent(reference))
    .replaceAll('{csv}', encodeURIComponent(csv ?? reference))
}

/** `2026-11-26 23:59 UTC`: the same for whoever reads it, wherever. */
function minuteOf(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`
}
