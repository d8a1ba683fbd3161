// SOAP messages of the older TrustedX gateway, which speaks OASIS DSS (working draft 27) in Safelayer's profiles: a SignRequest
// with a whole PDF in it, and the outcome that comes back. Written and read as text; what the signed PDF is worth is for
// whoever asked for it.

import { Fault } from '../../device/errors.ts'
import type { XmlElement } from '../../device/xml/node.ts'
import { parseXml } from '../../device/xml/parse.ts'

export const profile = 'urn:safelayer:tws:dss:1.0:profiles:pades:1.0:sign'
export const dssNamespace = 'http://www.docs.oasis-open.org/dss/2004/06/oasis-dss-1.0-core-schema-wd-27.xsd'
export const keySelectorNamespace = 'http://www.safelayer.com/TWS'
const soapNamespace = 'http://schemas.xmlsoap.org/soap/envelope/'
const wsseNamespace = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
const passwordText = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText'
const subjectName = 'urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName'
const success = 'urn:oasis:names:tc:dss:1.0:resultmajor:Success'

export interface SignMessage {
  readonly clientId: string
  readonly secret: string
  /** Distinguished name of the seal's certificate, as the gateway has it. */
  readonly subject: string
  readonly requestId: string
}

/** The message around the Base64 of the document: what stands before it, and what behind. */
export function signMessage({ clientId, secret, subject, requestId }: SignMessage): readonly [string, string] {
  const before =
    `<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="${soapNamespace}"><soap:Header>` +
    `<wsse:Security xmlns:wsse="${wsseNamespace}" soap:mustUnderstand="1"><wsse:UsernameToken>` +
    `<wsse:Username>${escaped(clientId)}</wsse:Username>` +
    `<wsse:Password Type="${passwordText}">${escaped(secret)}</wsse:Password>` +
    `</wsse:UsernameToken></wsse:Security></soap:Header><soap:Body>` +
    `<SignRequest xmlns="${dssNamespace}" Profile="${profile}" RequestID="${escaped(requestId)}"><OptionalInputs>` +
    `<KeySelector><ns1:KeySelector xmlns:ns1="${keySelectorNamespace}">` +
    `<ns1:Name Format="${subjectName}">${escaped(subject)}</ns1:Name>` +
    `<ns1:KeyUsage>nonRepudiation</ns1:KeyUsage></ns1:KeySelector></KeySelector></OptionalInputs>` +
    `<InputDocuments><Document><Base64Data MimeType="application/pdf">`
  return [before, '</Base64Data></Document></InputDocuments></SignRequest></soap:Body></soap:Envelope>']
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/**
 * The signed document in an answer. Throws SEAL_CREDENTIALS_REFUSED, SEAL_ABSENT or SEAL_REFUSED by the result that the
 * gateway tells, SEAL_UNREACHABLE for what is no SignResponse.
 */
export function signedIn(answer: Uint8Array): Uint8Array {
  const root = rootOf(answer)
  const response = found(root, 'SignResponse')
  if (response === undefined) throw faultIn(root)
  const result = found(response, 'Result')
  const major = textOf(found(result, 'ResultMajor'))
  if (major !== success) throw refusedBy(textOf(found(result, 'ResultMinor')))
  const data = textOf(found(found(response, 'DocumentWithSignature'), 'Base64Data')).replaceAll(/\s/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(data)) throw new Fault('SEAL_REFUSED', 'the gateway sent no signed document')
  return Buffer.from(data, 'base64')
}

function rootOf(answer: Uint8Array): XmlElement {
  try {
    return parseXml(answer).root
  } catch (cause) {
    throw new Fault('SEAL_UNREACHABLE', 'the answer of the gateway is no XML', { cause })
  }
}

function faultIn(root: XmlElement): Fault {
  const code = textOf(found(root, 'faultcode'))
  if (/FailedAuthentication|InvalidSecurity/.test(code)) {
    return new Fault('SEAL_CREDENTIALS_REFUSED', 'the gateway refused user or secret')
  }
  return new Fault(code === '' ? 'SEAL_UNREACHABLE' : 'SEAL_REFUSED', 'the gateway answered with no SignResponse')
}

/** Codes of the core specification and of the product; their texts are not told. */
function refusedBy(minor: string): Fault {
  const name = /[:#]([A-Za-z]{1,60})$/.exec(minor)?.[1] ?? 'no reason'
  const detail = `the gateway did not sign: ${name}`
  if (name === 'NotAuthorized') return new Fault('SEAL_CREDENTIALS_REFUSED', detail)
  if (name === 'SignerCertificateNotFound') return new Fault('SEAL_ABSENT', detail)
  return new Fault('SEAL_REFUSED', detail)
}

/** The first of that name, whatever its namespace, the element itself among them. */
function found(element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (element === undefined || element.local === name) return element
  for (const child of element.children) {
    const inside = child.kind === 'element' ? found(child, name) : undefined
    if (inside !== undefined) return inside
  }
  return undefined
}

function textOf(element: XmlElement | undefined): string {
  return (element?.children ?? [])
    .map(child => (child.kind === 'text' ? child.value : ''))
    .join('')
    .trim()
}
