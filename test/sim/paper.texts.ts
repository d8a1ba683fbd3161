// What is printed on the simulated sheets: an invented town hall, invented people and the wording of ordinary
// administrative letters and forms, in Catalan and in Spanish. No line names a real person, town or file.

export type Language = 'ca' | 'es'

/** One form field: its label, then the answers a seed chooses from. */
type Field = readonly [label: string, ...answers: string[]]

interface SheetTexts {
  readonly body: string
  readonly department: string
  readonly bodyAddress: string
  readonly file: string
  readonly subject: string
  readonly subjects: readonly string[]
  readonly people: readonly string[]
  readonly streets: readonly string[]
  readonly town: string
  readonly place: string
  readonly office: string
  readonly greeting: string
  readonly paragraphs: readonly string[]
  readonly remedy: string
  readonly closing: string
  readonly footer: string
  readonly stampTop: string
  readonly stampEntry: string
  readonly formTitle: string
  readonly sections: readonly (readonly [title: string, fields: readonly Field[]])[]
  readonly choices: readonly string[]
  readonly signHere: string
}

const ca: SheetTexts = {
  body: 'Ajuntament de Riudevall',
  department: 'Secretaria General · Oficina d’Atenció Ciutadana',
  bodyAddress: 'Plaça de la Vila, 1 · 08990 Riudevall · Tel. 93 555 01 00',
  file: 'Expedient',
  subject: 'Assumpte',
  subjects: [
    'Llicència d’obres menors',
    'Certificat d’empadronament',
    'Ajut al lloguer de l’habitatge',
    'Ocupació de la via pública',
  ],
  people: [
    'Mercè Puigdollers Sanç',
    'Jordi Casalsbella Roig',
    'Aïna Vilarrúbia Ferrer',
    'Gonçal Torrabadella Mas',
    'Núria Estrany Colobrans',
  ],
  streets: [
    'C. de l’Església, 14, 2n 1a',
    'Av. dels Til·lers, 203',
    'Pg. del Rec, 8, baixos',
    'C. de Sant Quirze, 57, àtic',
  ],
  town: '08990 Riudevall (Barcelona)',
  place: 'Riudevall',
  office: 'La secretària general',
  greeting: 'Benvolguda senyora, benvolgut senyor,',
  paragraphs: [
    'En relació amb la sol·licitud que vau presentar en aquest Registre, us comuniquem que s’ha iniciat la tramitació de l’expedient i que l’òrgan competent per resoldre’l és la Junta de Govern Local.',
    'Revisada la documentació aportada, s’ha comprovat que compleix els requisits que estableixen les bases reguladores, aprovades pel Ple en la sessió ordinària i publicades al Butlletí Oficial de la Província.',
    'Els serveis tècnics municipals han emès informe favorable, condicionat al fet que les obres s’executin d’acord amb el projecte i que es dipositi la fiança de 350,00 euros abans de l’inici.',
    'El termini màxim per dictar i notificar la resolució és de tres mesos, comptats des de l’endemà de l’entrada de la sol·licitud. Transcorregut aquest termini, la petició s’entendrà estimada.',
    'Us recordem que podeu consultar l’estat de la tramitació a la seu electrònica o a l’Oficina d’Atenció Ciutadana, de dilluns a divendres de 9 a 14 hores, amb cita prèvia.',
    'D’acord amb la normativa de protecció de dades, la informació facilitada s’incorporarà al registre d’activitats de tractament de l’Ajuntament amb l’única finalitat de gestionar aquest procediment.',
    'Atès que cal completar la documentació, us requerim que en el termini de deu dies hàbils presenteu l’original o una còpia autèntica del títol de propietat i el justificant del pagament de la taxa.',
  ],
  remedy:
    'Contra aquest acte, que posa fi a la via administrativa, podeu interposar un recurs potestatiu de reposició en el termini d’un mes davant del mateix òrgan que l’ha dictat.',
  closing: 'Ben cordialment,',
  footer: 'Document administratiu · NIF P0899000X · Pàgina 1 d’1',
  stampTop: 'REGISTRE GENERAL',
  stampEntry: 'Entrada núm.',
  formTitle: 'Sol·licitud general',
  sections: [
    [
      'Dades de la persona sol·licitant',
      [
        ['Nom i cognoms', 'Mercè Puigdollers Sanç', 'Jordi Casalsbella Roig', 'Aïna Vilarrúbia Ferrer'],
        ['DNI / NIE', '00000023T', '00000014Z', 'X0000000T'],
        ['Adreça', 'C. de l’Església, 14, 2n 1a', 'Pg. del Rec, 8, baixos'],
        [
          'Correu electrònic i telèfon',
          'merce@correu.example  ·  600 000 012',
          'aina.v@correu.example  ·  600 000 087',
        ],
      ],
    ],
    [
      'Exposo i sol·licito',
      [
        ['Exposo', 'Que he fet el canvi de domicili el mes passat', 'Que visc al municipi des del 2009'],
        ['Sol·licito', 'Un certificat d’empadronament col·lectiu', 'La bonificació de la taxa de residus'],
        ['Documents que s’adjunten', 'Contracte de lloguer i rebut de l’aigua', 'Còpia del llibre de família'],
      ],
    ],
  ],
  choices: [
    'Autoritzo l’Ajuntament a consultar les meves dades a altres administracions.',
    'Vull rebre les notificacions per mitjans electrònics.',
    'Declaro que les dades que consten en aquesta sol·licitud són certes.',
  ],
  signHere: 'Signatura de la persona sol·licitant',
}

const es: SheetTexts = {
  body: 'Ayuntamiento de Riudevall',
  department: 'Secretaría General · Oficina de Atención Ciudadana',
  bodyAddress: 'Plaza de la Villa, 1 · 08990 Riudevall · Tel. 93 555 01 00',
  file: 'Expediente',
  subject: 'Asunto',
  subjects: [
    'Licencia de obras menores',
    'Certificado de empadronamiento',
    'Ayuda al alquiler de la vivienda',
    'Ocupación de la vía pública',
  ],
  people: [
    'Mercedes Peñarroya Sanz',
    'Íñigo Casalsbella Ruiz',
    'Begoña Muñozal Ferrer',
    'Gonzalo Torrealdea Mas',
    'Nuria Estévanez Coloma',
  ],
  streets: [
    'C/ de la Iglesia, 14, 2.º 1.ª',
    'Av. de los Tilos, 203',
    'P.º de la Acequia, 8, bajos',
    'C/ de San Quirico, 57, ático',
  ],
  town: '08990 Riudevall (Barcelona)',
  place: 'Riudevall',
  office: 'La secretaria general',
  greeting: 'Estimada señora, estimado señor:',
  paragraphs: [
    'En relación con la solicitud que presentó en este Registro, le comunicamos que se ha iniciado la tramitación del expediente y que el órgano competente para resolverlo es la Junta de Gobierno Local.',
    'Revisada la documentación aportada, se ha comprobado que cumple los requisitos que establecen las bases reguladoras, aprobadas por el Pleno en sesión ordinaria y publicadas en el Boletín Oficial de la Provincia.',
    'Los servicios técnicos municipales han emitido informe favorable, condicionado a que las obras se ejecuten de acuerdo con el proyecto y a que se deposite la fianza de 350,00 euros antes de su inicio.',
    'El plazo máximo para dictar y notificar la resolución es de tres meses, contados desde el día siguiente al de entrada de la solicitud. Transcurrido dicho plazo, la petición se entenderá estimada.',
    'Le recordamos que puede consultar el estado de la tramitación en la sede electrónica o en la Oficina de Atención Ciudadana, de lunes a viernes de 9 a 14 horas, con cita previa.',
    'De acuerdo con la normativa de protección de datos, la información facilitada se incorporará al registro de actividades de tratamiento del Ayuntamiento con la única finalidad de gestionar este procedimiento.',
    'Dado que es necesario completar la documentación, se le requiere para que en el plazo de diez días hábiles presente el original o una copia auténtica del título de propiedad y el justificante del pago de la tasa.',
  ],
  remedy:
    'Contra este acto, que pone fin a la vía administrativa, puede interponer recurso potestativo de reposición en el plazo de un mes ante el mismo órgano que lo ha dictado.',
  closing: 'Atentamente,',
  footer: 'Documento administrativo · NIF P0899000X · Página 1 de 1',
  stampTop: 'REGISTRO GENERAL',
  stampEntry: 'Entrada núm.',
  formTitle: 'Solicitud general',
  sections: [
    [
      'Datos de la persona solicitante',
      [
        ['Nombre y apellidos', 'Mercedes Peñarroya Sanz', 'Íñigo Casalsbella Ruiz', 'Begoña Muñozal Ferrer'],
        ['DNI / NIE', '00000023T', '00000014Z', 'X0000000T'],
        ['Dirección', 'C/ de la Iglesia, 14, 2.º 1.ª', 'P.º de la Acequia, 8, bajos'],
        [
          'Correo electrónico y teléfono',
          'mercedes@correo.example  ·  600 000 012',
          'b.munozal@correo.example  ·  600 000 087',
        ],
      ],
    ],
    [
      'Expongo y solicito',
      [
        ['Expongo', 'Que cambié de domicilio el mes pasado', 'Que vivo en el municipio desde 2009'],
        ['Solicito', 'Un certificado de empadronamiento colectivo', 'La bonificación de la tasa de residuos'],
        ['Documentos que se adjuntan', 'Contrato de alquiler y recibo del agua', 'Copia del libro de familia'],
      ],
    ],
  ],
  choices: [
    'Autorizo al Ayuntamiento a consultar mis datos en otras administraciones.',
    'Deseo recibir las notificaciones por medios electrónicos.',
    'Declaro que los datos que constan en esta solicitud son ciertos.',
  ],
  signHere: 'Firma de la persona solicitante',
}

export const sheetTexts: Readonly<Record<Language, SheetTexts>> = { ca, es }
