// The XMP packet of a copy (ISO 16684-1; ISO 19005-2, 6.6.2): what any reader understands, the PDF/A-2b claim, and the
// metadata of the ENI document in a namespace of our own that an extension schema declares. Deterministic.

/** What the document says of itself. Dates are milliseconds since 1970. */
export interface DocumentMetadata {
  readonly title: string
  /** BCP 47. */
  readonly language: string
  /** Who made the copy, as dc:creator and /Author. */
  readonly creator?: string
  /** The body that answers for it, as dc:publisher. */
  readonly publisher?: string
  readonly subject?: string
  /** Name and version of this program. */
  readonly producer: string
  readonly createdAt: number
  readonly eni?: EniMetadata
}

/** The mandatory metadata of an ENI document (NTI de Documento Electrónico, annex I) and those of its digitisation. */
export interface EniMetadata {
  readonly identifier: string
  /** DIR3 codes. */
  readonly organs: readonly string[]
  readonly capturedAt: number
  readonly origin: 'citizen' | 'administration'
  readonly elaborationState: 'EE01' | 'EE02' | 'EE03' | 'EE04' | 'EE99'
  /** TD01 to TD20, TD51 to TD69, TD99. */
  readonly documentType: string
  /** Identifier of the document that this one was made from. */
  readonly sourceIdentifier?: string
  readonly sourceNature?: 'original' | 'authentic-copy' | 'copy'
  /** Pixels per inch. */
  readonly resolution?: number
  /** Secure verification code. */
  readonly csv?: string
}

const eniNamespace = 'urn:x-compulsa:eni:1.0/'
const ntiVersion = 'http://administracionelectronica.gob.es/ENI/XSD/v1.0/documento-e'

interface EniProperty {
  readonly name: string
  readonly type: 'Text' | 'URI' | 'Date' | 'Boolean' | 'Integer' | 'bag Text'
  readonly description: string
  readonly values: (eni: EniMetadata) => readonly (string | undefined)[]
}

/** Names as in the ENI schema metadatosDocumentoEni.xsd where it has them. */
const eniProperties: readonly EniProperty[] = [
  property('VersionNTI', 'URI', 'Version of the ENI document standard', () => [ntiVersion]),
  property('Identificador', 'Text', 'Unique identifier of the ENI document', eni => [eni.identifier]),
  property('Organo', 'bag Text', 'DIR3 codes of the bodies that answer for the document', eni => eni.organs),
  property('FechaCaptura', 'Date', 'When the paper was captured', eni => [isoDate(eni.capturedAt)]),
  property('OrigenCiudadanoAdministracion', 'Boolean', 'False: from a citizen; True: from an administration', eni => [
    eni.origin === 'administration' ? 'True' : 'False',
  ]),
  property('EstadoElaboracion', 'Text', 'State of elaboration, EE01 to EE04 or EE99', eni => [eni.elaborationState]),
  property('TipoDocumental', 'Text', 'Document type, TD01 to TD99', eni => [eni.documentType]),
  property('IdentificadorDocumentoOrigen', 'Text', 'Identifier of the document this is a copy of', eni => [
    eni.sourceIdentifier,
  ]),
  property('NaturalezaOrigen', 'Text', 'What was copied: original, authentic-copy or copy', eni => [eni.sourceNature]),
  property('Resolucion', 'Integer', 'Resolution of the page images in pixels per inch', eni => [
    eni.resolution === undefined ? undefined : String(Math.round(eni.resolution)),
  ]),
  property('CSV', 'Text', 'Secure verification code', eni => [eni.csv]),
]

/** The packet as UTF-8. `modifiedAt` is `createdAt`: a later revision does not rewrite it. */
export function xmpPacket(metadata: DocumentMetadata): Uint8Array {
  const { eni } = metadata
  const packet = [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    standardProperties(metadata),
    ...(eni ? [eniDescription(eni), extensionSchema()] : []),
    '</rdf:RDF>',
    '</x:xmpmeta>',
    '<?xpacket end="r"?>',
  ]
  return Buffer.from(packet.join('\n'), 'utf8')
}

function standardProperties(metadata: DocumentMetadata): string {
  const { title, language, creator, publisher, subject, producer, createdAt } = metadata
  const date = isoDate(createdAt)
  return [
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"' +
      ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">',
    '<pdfaid:part>2</pdfaid:part>',
    '<pdfaid:conformance>B</pdfaid:conformance>',
    '<dc:format>application/pdf</dc:format>',
    `<dc:title>${container('Alt', [title])}</dc:title>`,
    `<dc:language>${container('Bag', [language])}</dc:language>`,
    ...(creator === undefined ? [] : [`<dc:creator>${container('Seq', [creator])}</dc:creator>`]),
    ...(publisher === undefined ? [] : [`<dc:publisher>${container('Bag', [publisher])}</dc:publisher>`]),
    ...(subject === undefined ? [] : [`<dc:description>${container('Alt', [subject])}</dc:description>`]),
    `<pdf:Producer>${xmlText(producer)}</pdf:Producer>`,
    `<xmp:CreatorTool>${xmlText(producer)}</xmp:CreatorTool>`,
    `<xmp:CreateDate>${date}</xmp:CreateDate>`,
    `<xmp:ModifyDate>${date}</xmp:ModifyDate>`,
    `<xmp:MetadataDate>${date}</xmp:MetadataDate>`,
    '</rdf:Description>',
  ].join('\n')
}

function eniDescription(eni: EniMetadata): string {
  const lines = eniProperties.flatMap(({ name, type, values }) => {
    const present = values(eni).filter(value => value !== undefined)
    if (present.length === 0) return []
    const content = type === 'bag Text' ? container('Bag', present) : xmlText(present.join(' '))
    return [`<eni:${name}>${content}</eni:${name}>`]
  })
  return [`<rdf:Description rdf:about="" xmlns:eni="${eniNamespace}">`, ...lines, '</rdf:Description>'].join('\n')
}

/** ISO 19005-2, 6.6.2.3.3: every property that is used is declared. */
function extensionSchema(): string {
  const declared = eniProperties.map(({ name, type, description }) =>
    [
      '<rdf:li rdf:parseType="Resource">',
      `<pdfaProperty:name>${name}</pdfaProperty:name>`,
      `<pdfaProperty:valueType>${type}</pdfaProperty:valueType>`,
      '<pdfaProperty:category>external</pdfaProperty:category>',
      `<pdfaProperty:description>${description}</pdfaProperty:description>`,
      '</rdf:li>',
    ].join(''),
  )
  return [
    '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"' +
      ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">',
    '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">',
    '<pdfaSchema:schema>ENI document metadata</pdfaSchema:schema>',
    `<pdfaSchema:namespaceURI>${eniNamespace}</pdfaSchema:namespaceURI>`,
    '<pdfaSchema:prefix>eni</pdfaSchema:prefix>',
    '<pdfaSchema:property><rdf:Seq>',
    ...declared,
    '</rdf:Seq></pdfaSchema:property>',
    '</rdf:li></rdf:Bag></pdfaExtension:schemas>',
    '</rdf:Description>',
  ].join('\n')
}

function property(
  name: string,
  type: EniProperty['type'],
  description: string,
  values: EniProperty['values'],
): EniProperty {
  return { name, type, description, values }
}

function container(kind: 'Alt' | 'Bag' | 'Seq', values: readonly string[]): string {
  const attribute = kind === 'Alt' ? ' xml:lang="x-default"' : ''
  const items = values.map(value => `<rdf:li${attribute}>${xmlText(value)}</rdf:li>`)
  return `<rdf:${kind}>${items.join('')}</rdf:${kind}>`
}

/** Text as XML 1.0 content; characters that XML cannot hold become spaces. */
function xmlText(text: string): string {
  const allowed = text.toWellFormed().replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ' ')
  return allowed.replace(/[&<>]/g, character => `&#${character.charCodeAt(0)};`)
}

function isoDate(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}
