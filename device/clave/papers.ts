// What is written for the two forms of Cl@ve Firma: the evidence of the integration tests, as JSON and as a page to print, and
// the data that the forms ask for. Whatever only a person knows stands there empty.

import { type Config, textIn } from '../config/config.ts'
import { readCertificate } from '../trust/certificate.ts'
import type { TestResult } from './onboarding.ts'
import type { Prerequisite } from './prerequisites.ts'
import { type PaperLanguage, type PaperWords, paperWords } from './texts.ts'

export interface Papers {
  readonly at: string
  readonly version: string
  readonly service: string
  readonly results: readonly TestResult[]
  readonly prerequisites: readonly Prerequisite[]
  readonly application: ApplicationData
}

export interface ApplicationData {
  readonly organism: { readonly name: string; readonly dir3: string; readonly ine10: string }
  readonly application: { readonly id: string; readonly name: string; readonly siaCodes: readonly string[] }
  readonly certificate: {
    readonly subject: string
    readonly issuer: string
    readonly serialNumber: string
    readonly notBefore: string
    readonly notAfter: string
    readonly sha256: string
  } | null
  /** Known to nobody but the organism. */
  readonly toFillIn: readonly ('functionalContact' | 'technicalContact' | 'volume' | 'operator')[]
}

export function applicationData(
  { body, clave }: Pick<Config, 'body' | 'clave'>,
  siaCodes: readonly string[],
  certificate: Uint8Array | undefined,
): ApplicationData {
  const name = textIn(body.name, 'es')
  return {
    organism: { name, dir3: body.dir3, ine10: body.ine10 },
    application: { id: clave?.applicationId ?? '', name: `Compulsa, ${name}`, siaCodes },
    certificate: certificate === undefined ? null : certificateData(certificate),
    toFillIn: ['functionalContact', 'technicalContact', 'volume', 'operator'],
  }
}

function certificateData(der: Uint8Array): NonNullable<ApplicationData['certificate']> {
  const { subject, issuer, serialNumber, notBefore, notAfter, sha256 } = readCertificate(der).facts
  const day = (time: number) => new Date(time).toISOString()
  return { subject, issuer, serialNumber, notBefore: day(notBefore), notAfter: day(notAfter), sha256 }
}

export function papersAsText(
  { at, version, service, results, prerequisites }: Papers,
  words: PaperWords,
): readonly string[] {
  return [
    `${words.head('title')}, Compulsa ${version}, ${service}, ${at}`,
    ...results.map(({ id, passed, detail }) => `${stateOf(passed, words).padEnd(13)}  ${words.test(id)}: ${detail}`),
    '',
    ...prerequisites.map(
      ({ id, state, detail }) => `${words.head(state).padEnd(13)}  ${words.prerequisite(id)}${detail && `: ${detail}`}`,
    ),
  ]
}

function stateOf(passed: boolean, words: PaperWords): string {
  return words.head(passed ? 'passed' : 'failed')
}

/** One page of HTML without anything to load. */
export function papersAsHtml(papers: Papers, language: PaperLanguage): string {
  const words = paperWords(language)
  const { head } = words
  const { results, prerequisites } = papers
  return `<!doctype html>
<html lang="${language}"><meta charset="utf-8"><title>${head('title')}</title>
<style>body{font:11pt serif;max-width:19cm;margin:1cm auto}table{border-collapse:collapse;width:100%;margin:.5cm 0}
th,td{border:1px solid #555;padding:.15cm .2cm;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th,td:first-child{overflow-wrap:normal}</style>
<h1>${head('title')}</h1>
${table(factRows(papers, words))}
<h2>${head('tests')}</h2>
${table(
  results.map(one => [stateOf(one.passed, words), words.test(one.id), one.detail, moment(one.at)]),
  [head('result'), head('test'), head('outcome'), head('when')],
)}
<h2>${head('prerequisites')}</h2>
${table(
  prerequisites.map(one => [head(one.state), words.prerequisite(one.id), one.detail]),
  [head('state'), head('prerequisite'), head('detail')],
)}
</html>
`
}

/** What only the organism knows stands there empty, to be written by hand. */
function factRows({ at, version, service, application }: Papers, { head }: PaperWords): readonly (readonly string[])[] {
  const { organism, application: registered, certificate, toFillIn } = application
  return [
    [head('organism'), `${organism.name} (${organism.dir3})`],
    [head('application'), `${registered.name} (${registered.id})`],
    ['SIA', registered.siaCodes.join(', ')],
    [head('service'), service],
    [head('program'), `Compulsa ${version}`],
    [head('certificate'), certificate === null ? '' : `${certificate.subject}; SHA-256 ${certificate.sha256}`],
    [head('date'), moment(at)],
    ...toFillIn.map(name => [head(name), '']),
  ]
}

/** An instant as people read it, by UTC. */
function moment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

function table(rows: readonly (readonly (string | undefined)[])[], heads: readonly string[] = []): string {
  const row = (cells: readonly (string | undefined)[], tag: string) =>
    `<tr>${cells.map(cell => `<${tag}>${escaped(cell ?? '')}</${tag}>`).join('')}</tr>`
  const head = heads.length === 0 ? '' : row(heads, 'th')
  return `<table>${head}${rows.map(one => row(one, 'td')).join('')}</table>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, one => `&#${one.charCodeAt(0)};`)
}
