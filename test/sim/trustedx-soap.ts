// The older TrustedX gateway: OASIS DSS over SOAP, a PDF in and the same PDF signed back. It reads requests with its own few
// patterns, signs by the phases of the engine, and fails in named ways, the codes of the product among them.

import { signedPdf } from '../50.signature.kit.ts'
import type { TestIdentity } from './pki.ts'
import { Breach, octetsIn, type SealServer, type SimAnswer, startSealServer } from './seal-server.ts'

export const soapFaults = [
  'not-authorized',
  'certificate-not-found',
  'policy-violation',
  'signing-error',
  'soap-fault',
  /** Another document comes back, signed as it should be. */
  'another-document',
  'signed-by-another',
  /** What came in, as it was. */
  'unsigned',
] as const
export type SoapFault = (typeof soapFaults)[number]

export interface TrustedxSoapOptions {
  readonly identity: TestIdentity
  readonly other: TestIdentity
  /** A PDF that nobody sent. */
  readonly anotherPdf: Uint8Array
}

export const soapClient = { clientId: 'kiosk', secret: 'the <secret> & of the kiosk' } as const
export const soapPath = '/trustedx-gw/SoapGateway'
export const soapSubject = 'CN=Segell electrònic & més,O="Ajuntament"'

const profile = 'urn:safelayer:tws:dss:1.0:profiles:pades:1.0:sign'
const minors: Readonly<Partial<Record<SoapFault, string>>> = {
  'not-authorized': 'urn:oasis:names:tc:dss:1.0:resultminor:NotAuthorized',
  'certificate-not-found': 'urn:safelayer:dss:1.0:resultminor:SignerCertificateNotFound',
  'policy-violation': 'urn:safelayer:dss:1.0:resultminor:PolicyViolation',
  'signing-error': 'urn:safelayer:dss:1.0:resultminor:SigningError',
}

export function startTrustedxSoap({
  identity,
  other,
  anotherPdf,
}: TrustedxSoapOptions): Promise<SealServer<SoapFault>> {
  return startSealServer<SoapFault>({
    async answer({ method, path, headers, body }, fails) {
      if (method !== 'POST' || path !== soapPath) throw new Breach(404, 'not_found', 'no such place')
      if (headers['soapaction'] !== 'Sign') throw new Breach(400, 'invalid_request', 'SOAPAction')
      if (headers['twsauthn'] !== 'urn:safelayer:tws:policies:authentication:oauth:clients') {
        throw new Breach(400, 'invalid_request', 'TwsAuthN')
      }
      if (headers['content-type'] !== 'text/xml; charset=utf-8') throw new Breach(415, 'invalid_request', 'the type')
      const text = body.toString('utf8')
      const known =
        within(text, 'wsse:Username') === soapClient.clientId && within(text, 'wsse:Password') === soapClient.secret
      if (!known || fails('soap-fault')) return fault()
      for (const [name, minor] of Object.entries(minors)) if (fails(name as SoapFault)) return refused(minor)
      const pdf = documentIn(text)
      if (fails('unsigned')) return signed(pdf)
      const key = fails('signed-by-another') ? other : identity
      return signed(await signedPdf(fails('another-document') ? anotherPdf : pdf, key))
    },
  })
}

/** The text of the first element of that name as it stands in the message. */
function within(text: string, name: string): string | undefined {
  const found = new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(text)?.[1]
  return found?.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}

function documentIn(text: string): Buffer {
  if (!text.includes(`Profile="${profile}"`)) throw new Breach(400, 'invalid_request', 'the profile')
  if (within(text, 'ns1:Name') !== soapSubject) throw new Breach(400, 'invalid_request', 'the subject')
  if (within(text, 'ns1:KeyUsage') !== 'nonRepudiation') throw new Breach(400, 'invalid_request', 'the key usage')
  if (!text.includes('<Base64Data MimeType="application/pdf">'))
    throw new Breach(400, 'invalid_request', 'the document')
  return octetsIn(within(text, 'Base64Data'))
}

function message(content: string, status = 200): SimAnswer {
  const envelope = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${content}</s:Body></s:Envelope>`
  return { status, type: 'text/xml; charset=utf-8', body: `<?xml version="1.0"?>${envelope}` }
}

function fault(): SimAnswer {
  return message(
    '<s:Fault><faultcode>wsse:FailedAuthentication</faultcode><faultstring>no</faultstring></s:Fault>',
    500,
  )
}

function refused(minor: string): SimAnswer {
  return message(
    response('urn:oasis:names:tc:dss:1.0:resultmajor:RequesterError', `<d:ResultMinor>${minor}</d:ResultMinor>`, ''),
  )
}

function signed(pdf: Uint8Array): SimAnswer {
  const text = Buffer.from(pdf).toString('base64').replaceAll(/.{76}/g, '$&\n')
  const output = `<d:DocumentWithSignature><d:XMLData><d:Base64Data>${text}</d:Base64Data></d:XMLData></d:DocumentWithSignature>`
  const made = response(
    'urn:oasis:names:tc:dss:1.0:resultmajor:Success',
    '',
    `<d:OptionalOutputs>${output}</d:OptionalOutputs>`,
  )
  return { ...message(made), signed: true }
}

function response(major: string, minor: string, outputs: string): string {
  const dss = 'http://www.docs.oasis-open.org/dss/2004/06/oasis-dss-1.0-core-schema-wd-27.xsd'
  const result = `<d:Result><d:ResultMajor>${major}</d:ResultMajor>${minor}</d:Result>`
  return `<d:SignResponse xmlns:d="${dss}" Profile="${profile}">${result}${outputs}</d:SignResponse>`
}
