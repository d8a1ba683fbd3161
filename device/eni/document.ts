// An ENI document as XML, version 1.0 (NTI de Documento Electrónico, annex II): content, metadata, signatures. Written as a
// stream, however large the content is; what is written is the same for the same document.

import type { ByteStream } from '../ports.ts'
import { escapedText } from '../xml/escape.ts'
import type { ElaborationState } from './codes.ts'

export interface EniMetadata {
  readonly identifier: string
  /** DIR3 codes, one at least. */
  readonly organs: readonly string[]
  /** Milliseconds since 1970. */
  readonly capturedAt: number
  readonly origin: 'citizen' | 'administration'
  readonly elaborationState: ElaborationState
  readonly sourceIdentifier?: string | undefined
  readonly documentType: string
}

/** How the document proves itself: by its code (TF01), by a signature inside of the PDF (TF06), or by both. */
export type EniSignature =
  | {
      readonly type: 'TF01'
      readonly csv: string
      /** The text that sets out how codes are made, as its readers would look it up. */
      readonly regulation: string
    }
  | { readonly type: 'TF06' }

export interface EniDocument {
  readonly metadata: EniMetadata
  readonly format: 'PDF' | 'PDF/A'
  /** None only for what is no administrative document. */
  readonly signatures: readonly EniSignature[]
}

const versionRoot = 'http://administracionelectronica.gob.es/ENI/XSD/v1.0'
export const eniNamespaces = {
  enidoc: `${versionRoot}/documento-e`,
  enifile: `${versionRoot}/documento-e/contenido`,
  enidocmeta: `${versionRoot}/documento-e/metadatos`,
  enids: `${versionRoot}/firma`,
} as const

const contentId = 'contenido-1'

/** The XML in UTF-8, the content in it or named by the file that lies beside it. Rejects with what `content`, the PDF, throws. */
export async function* writeEni(
  { metadata, format, signatures }: EniDocument,
  content: ByteStream | { readonly reference: string },
): ByteStream & AsyncGenerator<Uint8Array> {
  const declared = Object.entries(eniNamespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
  yield utf8(
    `<?xml version="1.0" encoding="UTF-8"?>\n<enidoc:documento${declared.join('')} Id="documento-1">` +
      `<enifile:contenido Id="${contentId}">`,
  )
  if ('reference' in content) yield utf8(element('enifile:referenciaFichero', content.reference))
  else {
    yield utf8('<enifile:ValorBinario>')
    yield* base64(content)
    yield utf8('</enifile:ValorBinario>')
  }
  yield utf8(
    `${element('enifile:NombreFormato', format)}</enifile:contenido>` +
      `${metadataElement(metadata)}${signaturesElement(signatures)}</enidoc:documento>\n`,
  )
}

/** Base64 without line breaks, as XML Schema Part 2, 3.2.16 writes it canonically. */
async function* base64(content: ByteStream): ByteStream & AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array()
  for await (const chunk of content) {
    const bytes = Buffer.concat([rest, chunk])
    const whole = bytes.length - (bytes.length % 3)
    rest = bytes.subarray(whole)
    if (whole > 0) yield Buffer.from(bytes.toString('base64', 0, whole), 'latin1')
  }
  if (rest.length > 0) yield Buffer.from(Buffer.from(rest).toString('base64'), 'latin1')
}

function metadataElement(metadata: EniMetadata): string {
  const { identifier, organs, capturedAt, origin, elaborationState, sourceIdentifier, documentType } = metadata
  const source =
    sourceIdentifier === undefined ? '' : element('enidocmeta:IdentificadorDocumentoOrigen', sourceIdentifier)
  return [
    '<enidocmeta:metadatos Id="metadatos-1">',
    element('enidocmeta:VersionNTI', eniNamespaces.enidoc),
    element('enidocmeta:Identificador', identifier),
    ...organs.map(organ => element('enidocmeta:Organo', organ)),
    element('enidocmeta:FechaCaptura', new Date(capturedAt).toISOString().replace(/\.\d+Z$/, 'Z')),
    element('enidocmeta:OrigenCiudadanoAdministracion', origin === 'administration' ? '1' : '0'),
    '<enidocmeta:EstadoElaboracion>',
    element('enidocmeta:ValorEstadoElaboracion', elaborationState),
    source,
    '</enidocmeta:EstadoElaboracion>',
    element('enidocmeta:TipoDocumental', documentType),
    '</enidocmeta:metadatos>',
  ].join('')
}

function signaturesElement(signatures: readonly EniSignature[]): string {
  if (signatures.length === 0) return ''
  const each = signatures.map((signature, i) => {
    const content = `<enids:ContenidoFirma>${signatureContent(signature)}</enids:ContenidoFirma>`
    const type = element('enids:TipoFirma', signature.type)
    return `<enids:firma Id="firma-${i + 1}" ref="${contentId}">${type}${content}</enids:firma>`
  })
  return `<enids:firmas>${each.join('')}</enids:firmas>`
}

function signatureContent(signature: EniSignature): string {
  if (signature.type === 'TF06') {
    const reference = element('enids:ReferenciaFirma', `#${contentId}`)
    return `<enids:FirmaConCertificado>${reference}</enids:FirmaConCertificado>`
  }
  const { csv, regulation } = signature
  return `<enids:CSV>${element('enids:ValorCSV', csv)}${element('enids:RegulacionGeneracionCSV', regulation)}</enids:CSV>`
}

/** Characters that XML cannot hold become spaces. */
function element(name: string, value: string): string {
  const allowed = value.toWellFormed().replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ' ')
  return `<${name}>${escapedText(allowed)}</${name}>`
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}
