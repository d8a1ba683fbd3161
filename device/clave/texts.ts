// The words of the papers for Cl@ve Firma, in the languages of whoever reads them. Results and error codes stay as they are.

export const paperLanguages = ['es', 'ca', 'en'] as const
export type PaperLanguage = (typeof paperLanguages)[number]

type Words<Key extends string> = Readonly<Record<Key, readonly [es: string, ca: string, en: string]>>

/** By the id of a test. */
const tests = {
  service: [
    'El servicio responde por TLS y reconoce la aplicación',
    'El servei respon per TLS i reconeix l’aplicació',
    'The service answers by TLS and knows the application',
  ],
  sign: [
    'Una persona firma un documento del que solo sale un resumen; el PDF firmado es válido',
    'Una persona signa un document del qual només surt un resum; el PDF signat és vàlid',
    'A person signs a document, of which only a digest leaves; the signed PDF verifies',
  ],
  batch: [
    'Una persona firma tres documentos de una vez (lote)',
    'Una persona signa tres documents d’un cop (lot)',
    'A person signs three documents with one visit',
  ],
  cancelled: ['Una persona cancela en la página', 'Una persona cancel·la a la pàgina', 'A person cancels at the page'],
  early: [
    'Se pide la firma antes de que la persona haya firmado',
    'Es demana la signatura abans que la persona hagi signat',
    'The signature is asked for before the person has signed',
  ],
  unknown: ['Una persona no registrada', 'Una persona no registrada a Cl@ve', 'A person who is not registered'],
  'without-certificate': [
    'Una persona sin certificado de firma',
    'Una persona sense certificat de signatura',
    'A person without signing certificate',
  ],
  blocked: [
    'Una persona con el certificado bloqueado',
    'Una persona amb el certificat bloquejat',
    'A person whose certificate is blocked',
  ],
  weak: [
    'Una persona con registro no fehaciente',
    'Una persona amb registre no fefaent',
    'A person registered without a proof of identity',
  ],
} as const satisfies Words<string>

/** By the id of a prerequisite. */
const prerequisites = {
  agreement: [
    'El convenio entre la comunidad autónoma y el ministerio incluye Cl@ve',
    'El conveni entre la comunitat autònoma i el ministeri inclou Cl@ve',
    'The agreement between the autonomous community and the ministry includes Cl@ve',
  ],
  adhesion: [
    'La entidad se ha adherido formalmente al convenio (cláusula segunda)',
    'L’ens s’ha adherit formalment al conveni (clàusula segona)',
    'The body has formally joined that agreement (second clause)',
  ],
  'sms-billing': [
    'La facturación de los SMS está resuelta con el operador (anexo del formulario de acceso)',
    'La facturació dels SMS està resolta amb l’operador (annex del formulari d’accés)',
    'The billing of SMS is settled with the operator (annex of the access form)',
  ],
  forms: [
    'Los dos formularios están cumplimentados: acceso del organismo y alta de la aplicación',
    'Els dos formularis estan emplenats: accés de l’organisme i alta de l’aplicació',
    'Both forms are filled in: access of the organism, and registration of the application',
  ],
  request: [
    'La solicitud está enviada al centro de soporte (Cl@ve - Integración de Aplicaciones)',
    'La sol·licitud s’ha enviat al centre de suport (Cl@ve - Integració d’Aplicacions)',
    'The request is sent to the support centre (Cl@ve - integration of applications)',
  ],
  tests: [
    'Las pruebas de integración con el simulador se han superado',
    'Les proves d’integració amb el simulador s’han superat',
    'The integration tests with the simulator have passed',
  ],
  application: [
    'Con el organismo se da de alta al menos una aplicación',
    'Amb l’organisme es dona d’alta almenys una aplicació',
    'At least one application is registered with the organism',
  ],
  sia: [
    'La aplicación o sus procedimientos tienen código SIA',
    'L’aplicació o els seus procediments tenen codi SIA',
    'The application or its procedures have a SIA code',
  ],
  certificate: [
    'La parte pública del certificado que identifica las peticiones',
    'La part pública del certificat que identifica les peticions',
    'The public part of the certificate that identifies the requests',
  ],
} as const satisfies Words<string>

const heads = {
  title: [
    'Cl@ve Firma: pruebas de integración',
    'Cl@ve Signatura: proves d’integració',
    'Cl@ve Firma: integration tests',
  ],
  tests: ['Pruebas', 'Proves', 'Tests'],
  prerequisites: ['Requisitos', 'Requisits', 'Prerequisites'],
  organism: ['Organismo', 'Organisme', 'Organism'],
  application: ['Aplicación', 'Aplicació', 'Application'],
  service: ['Servicio', 'Servei', 'Service'],
  program: ['Programa', 'Programari', 'Program'],
  certificate: ['Certificado', 'Certificat', 'Certificate'],
  date: ['Fecha', 'Data', 'Date'],
  result: ['Resultado', 'Resultat', 'Result'],
  test: ['Prueba', 'Prova', 'Test'],
  outcome: ['Qué ha ocurrido', 'Què ha passat', 'What came of it'],
  when: ['Cuándo', 'Quan', 'When'],
  state: ['Estado', 'Estat', 'State'],
  prerequisite: ['Requisito', 'Requisit', 'Prerequisite'],
  detail: ['Detalle', 'Detall', 'Detail'],
  passed: ['superada', 'superada', 'passed'],
  failed: ['NO SUPERADA', 'NO SUPERADA', 'FAILED'],
  done: ['cumplido', 'complert', 'done'],
  missing: ['FALTA', 'FALTA', 'MISSING'],
  attested: ['acreditado', 'acreditat', 'attested'],
  'to-attest': ['por acreditar', 'per acreditar', 'to be attested'],
  functionalContact: ['Contacto funcional', 'Contacte funcional', 'Functional contact'],
  technicalContact: ['Contacto técnico', 'Contacte tècnic', 'Technical contact'],
  volume: ['Firmas previstas al año', 'Signatures previstes l’any', 'Expected signatures a year'],
  back: ['Ya puede cerrar esta página.', 'Ja podeu tancar aquesta pàgina.', 'You can close this page now.'],
  operator: ['Operador que factura los SMS', 'Operador que factura els SMS', 'Operator that bills the SMS'],
} as const satisfies Words<string>

export type TestId = keyof typeof tests
export type PrerequisiteId = keyof typeof prerequisites

const column: Readonly<Record<PaperLanguage, 0 | 1 | 2>> = { es: 0, ca: 1, en: 2 }

export interface PaperWords {
  test(id: TestId): string
  prerequisite(id: PrerequisiteId): string
  head(id: keyof typeof heads): string
}

export function paperWords(language: PaperLanguage): PaperWords {
  const at = column[language]
  return { test: id => tests[id][at], prerequisite: id => prerequisites[id][at], head: id => heads[id][at] }
}
