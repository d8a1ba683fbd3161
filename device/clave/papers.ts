// What is written for the two forms of Cl@ve Firma: the evidence of the integration tests, as JSON and as a page to print, and
// the data that the forms ask for. Whatever only a person knows stands there empty.

import type { Config } from '../config.ts'
import { textIn } from '../config.ts'
import { readCertificate } from '../trust/certificate.ts'
import type { TestResult } from './onboarding.ts'
import type { Prerequisite } from './prerequisites.ts'

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
  readonly toFillIn: readonly string[]
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
    toFillIn: ['functional contact', 'technical contact', 'expected signatures a year', 'operator that bills the SMS'],
  }
}

function certificateData(der: Uint8Array): NonNullable<ApplicationData['certificate']> {
  const { subject, issuer, serialNumber, notBefore, notAfter, sha256 } = readCertificate(der).facts
  const day = (time: number) => new Date(time).toISOString()
  return { subject, issuer, serialNumber, notBefore: day(notBefore), notAfter: day(notAfter), sha256 }
}

export function papersAsText({ at, version, service, results, prerequisites }: Papers): readonly string[] {
  return [
    `Cl@ve Firma, integration tests of Compulsa ${version} at ${service}, ${at}`,
    ...results.map(one => `${one.passed ? 'passed' : 'FAILED'}  ${one.title}: ${one.detail}`),
    '',
    ...prerequisites.map(one => `${one.state.padEnd(9)}  ${one.title}: ${one.detail}`),
  ]
}

/** One page of HTML without anything to load. */
export function papersAsHtml(papers: Papers): string {
  const { at, version, service, results, prerequisites, application } = papers
  const { organism, application: registered, certificate } = application
  const facts = [
    ['Organism', `${organism.name} (${organism.dir3})`],
    ['Application', `${registered.name} (${registered.id})`],
    ['SIA', registered.siaCodes.join(', ')],
    ['Service', service],
    ['Program', `Compulsa ${version}`],
    ['Certificate', certificate === null ? '' : `${certificate.subject}; SHA-256 ${certificate.sha256}`],
    ['Date', at],
    ...application.toFillIn.map(name => [name, '']),
  ]
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Cl@ve Firma: integration tests</title>
<style>body{font:11pt serif;max-width:19cm;margin:1cm auto}table{border-collapse:collapse;width:100%;margin:.5cm 0}
th,td{border:1px solid #555;padding:.15cm .2cm;text-align:left;vertical-align:top;overflow-wrap:anywhere}</style>
<h1>Cl@ve Firma: integration tests</h1>
${table(facts)}
<h2>Tests</h2>
${table(
  results.map(one => [one.passed ? 'passed' : 'FAILED', one.title, one.detail, one.at]),
  ['Result', 'Test', 'What came of it', 'When'],
)}
<h2>Prerequisites</h2>
${table(
  prerequisites.map(one => [one.state, one.title, one.detail]),
  ['State', 'Prerequisite', 'Detail'],
)}
</html>
`
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
