// What the text of a visible signature hides and how it writes a date. The masks are held against what AutoFirma's own
// library makes of the same texts.

import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { dateByPattern } from '../device/ades/date-pattern.ts'
import { readExtraParams } from '../device/ades/extra-params.ts'
import { masked, parseMask, usualMask } from '../device/ades/text-mask.ts'
import { visibleText } from '../device/ades/visible-text.ts'
import { shownBy } from '../device/document/sign-order.ts'
import { readCertificate } from '../device/trust/certificate.ts'
import { createTestPki } from './sim/pki.ts'

/** Of afirma-crypto-pdf 1.8.2. */
const maskedByAutofirma: readonly (readonly [string, string, string])[] = [
  ['', 'VIDAL PONS NURIA - 12345678Z', 'VIDAL PONS NURIA - ***4567**'],
  ['', 'X1234567L', '****4567*'],
  ['', '12345', '*2345'],
  ['', 'ab123', '*b123'],
  [
    '',
    'CN=VIDAL NURIA - 12345678Z, SERIALNUMBER=IDCES-12345678Z, O=ACME 2026',
    'CN=VIDAL NURIA - ***4567**, SERIALNUMBER=IDCES-***4567**, O=ACME ***6',
  ],
  ['', 'A1B2C3D4', 'A1B2C3D4'],
  ['', 'B12C345', '**2*345'],
  ['', 'Q0801175A SECRETARIA', '****1175* SECRETARIA'],
  ['*;4;false,false,false,true,true;true', 'X1234567L', '****45***'],
  ['*;4;false,false,false,true,true;true', '1234', '**34'],
  ['*;4;false,false,false,true,true;true', 'ab123', 'ab123'],
  ['x;3;true,true,false;false', 'VIDAL PONS NURIA - 12345678Z', 'VIDAL PONS NURIA - 12xxxxxxx'],
  ['x;3;true,true,false;false', 'ab123', 'xx12x'],
  ['#;5;false,true,false,true,true,true;true', 'X1234567L', '##2#456##'],
  ['#;5;false,true,false,true,true,true;true', '12345', '1#345'],
  ['-;3;true,false,false,true,true,true,true,true,true,true;true', 'VIDAL - 12345678Z', 'VIDAL - 12345678-'],
  ['-;3;true,false,false,true,true,true,true,true,true,true;false', 'VIDAL - 12345678Z', 'VIDAL - 1--45678-'],
  ['-;3;true,false,false,true,true,true,true,true,true,true;true', 'X1234567L', '--234567L'],
]

describe('numbers that identify', () => {
  it.each(maskedByAutofirma)('by the mask %j, %j shows as %j', (mask, text, expected) => {
    const parsed = mask === '' ? usualMask : parseMask(mask)
    expect(parsed && masked(text, parsed)).toBe(expected)
  })

  it('are masked in every word that has one', () => {
    expect(masked('2026 12345678Z', usualMask)).toBe('***6 ***4567**')
  })

  it.each(['', '*;3;true', '**;3;true,false;true', '*;x;true,false;true', '*;3;true;true', '*;3;true,false;true;x'])(
    'have no mask like %j',
    mask => {
      expect(parseMask(mask)).toBeUndefined()
    },
  )

  it('are masked in all that is shown of the signer, but not in the number of the certificate', async () => {
    const now = Date.UTC(2026, 10, 26)
    const pki = await createTestPki({ now })
    const { certificate: der } = await pki.signer({ commonName: 'VIDAL NURIA - 12345678Z' })
    const certificate = readCertificate(der)
    const facts = { certificate, signingTime: now, timeZone: 'Europe/Madrid', mask: usualMask }
    const { text } = visibleText('$$SUBJECTCN$$|$$SUBJECTDN$$|$$CERTSERIAL$$', facts)
    const [name = '', whole = '', serial] = text.split('|')
    expect(name).toBe('VIDAL NURIA - ***4567**')
    expect(whole).toContain('***4567**')
    expect(text).not.toContain('12345678')
    expect(serial).toBe(BigInt(`0x${certificate.facts.serialNumber}`).toString())
  })

  it('are shown whole where that is asked for, and by a certificate that names a pseudonym', () => {
    const corners = ['LowerLeftX', 'LowerLeftY', 'UpperRightX', 'UpperRightY']
    const place = corners.map((name, index) => [`signaturePositionOnPage${name}`, String(index + 1)] as const)
    const textBy = (subject: string, ...more: readonly (readonly [string, string])[]) => {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null']
      const certificate = execFileSync('openssl', ['req', '-x509', ...key, '-subj', subject, '-outform', 'DER'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const extra = readExtraParams(new Map([...place, ['layer2Text', '$$SUBJECTCN$$'], ...more]), 'PAdES')
      return shownBy(extra, { signingTime: 0 }, certificate).pdf.visible?.text
    }
    expect(textBy('/CN=MAS - 12345678Z')).toBe('MAS - ***4567**')
    expect(textBy('/CN=MAS - 12345678Z', ['obfuscateCertText', 'false'])).toBe('MAS - 12345678Z')
    expect(textBy('/CN=MAS - 12345678Z', ['obfuscationMask', 'x;3;true,true;false'])).toBe('MAS - 12xxxxxxx')
    expect(textBy('/CN=AGENT 12345/pseudonym=12345')).toBe('AGENT 12345')
    expect(textBy('/CN=AGENT 12345/pseudonym=12345', ['obfuscateCertText', 'true'])).toBe('AGENT *2345')
  })
})

describe('a date in the text', () => {
  const moment = { signingTime: Date.UTC(2026, 10, 26, 22, 5, 9, 37), timeZone: 'Europe/Madrid' }
  it.each([
    ['dd/MM/yyyy HH:mm:ss z', '26/11/2026 23:05:09 CET'],
    ["EEEE, d 'de' MMMM 'de' yyyy", 'jueves, 26 de noviembre de 2026'],
    ['EEE dd MMM yy hh:mm a', 'jue 26 nov 26 11:05 PM'],
    ['ss.SSS', '09.037'],
    ["yyyy''MM", "2026'11"],
  ])('is written by %s', (pattern, expected) => {
    expect(dateByPattern(pattern, moment)).toBe(expected)
  })

  it('is not known by letters that are not', () => {
    expect(dateByPattern('yyyy G', moment)).toBeUndefined()
  })
})
