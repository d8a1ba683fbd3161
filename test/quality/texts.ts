// What is printed on the pages that quality is measured on: invented administrative prose in five languages. No sentence
// names a real person, town or file.

export type Language = 'ca' | 'es' | 'en' | 'fr' | 'it'

export const languages: readonly Language[] = ['ca', 'es', 'en', 'fr', 'it']

/** Tesseract's names. */
export const tesseractNames: Readonly<Record<Language, string>> = {
  ca: 'cat',
  es: 'spa',
  en: 'eng',
  fr: 'fra',
  it: 'ita',
}

export const sentences: Readonly<Record<Language, readonly string[]>> = {
  ca: [
    'La persona interessada ha presentat la sol·licitud dins del termini que fixa la convocatòria.',
    'El Ple de la corporació va aprovar les bases en la sessió ordinària del mes de març.',
    'Els serveis tècnics han comprovat que les obres s’ajusten al projecte i a la llicència.',
    'Aquesta notificació es pot consultar a la seu electrònica durant un any.',
    'Cal aportar l’original del contracte i el justificant del pagament de la taxa.',
    'Contra aquest acte es pot interposar recurs de reposició davant del mateix òrgan.',
    'El termini per resoldre és de tres mesos a comptar de l’entrada de la petició.',
    'La fiança es retornarà quan s’hagi verificat que la vorera ha quedat en bon estat.',
  ],
  es: [
    'La persona interesada presentó la solicitud dentro del plazo que fija la convocatoria.',
    'El Pleno de la corporación aprobó las bases en la sesión ordinaria del mes de marzo.',
    'Los servicios técnicos comprobaron que las obras se ajustan al proyecto y a la licencia.',
    'Esta notificación puede consultarse en la sede electrónica durante un año.',
    'Debe aportarse el original del contrato y el justificante del pago de la tasa.',
    'Contra este acto puede interponerse recurso de reposición ante el mismo órgano.',
    'El plazo para resolver es de tres meses contados desde la entrada de la petición.',
    'La fianza se devolverá cuando se verifique que la acera quedó en buen estado.',
  ],
  en: [
    'The applicant lodged the request within the period laid down in the call.',
    'The council adopted the rules at its ordinary meeting in the month of March.',
    'The technical services found that the works follow the project and the permit.',
    'This notice may be read at the electronic office for the period of one year.',
    'The original of the contract and the receipt for the fee have to be handed in.',
    'An appeal against this act may be brought before the body that adopted it.',
    'The period for a decision is three months from the day the request came in.',
    'The deposit is paid back once the pavement has been found in good repair.',
  ],
  fr: [
    'La personne intéressée a déposé sa demande dans le délai fixé par l’appel.',
    'Le conseil a approuvé les règles lors de sa séance ordinaire du mois de mars.',
    'Les services techniques ont constaté que les travaux respectent le projet et le permis.',
    'Cet avis peut être consulté au guichet électronique pendant une année.',
    'Il faut produire l’original du contrat et le reçu du paiement de la taxe.',
    'Un recours contre cet acte peut être formé devant l’organe qui l’a adopté.',
    'Le délai pour statuer est de trois mois à compter de l’arrivée de la demande.',
    'La caution sera rendue dès que le trottoir aura été trouvé en bon état.',
  ],
  it: [
    'La persona interessata ha presentato la domanda entro il termine fissato dal bando.',
    'Il consiglio ha approvato le regole nella seduta ordinaria del mese di marzo.',
    'I servizi tecnici hanno accertato che i lavori rispettano il progetto e il permesso.',
    'Questo avviso si può consultare allo sportello elettronico per un anno.',
    'Occorre presentare l’originale del contratto e la ricevuta del pagamento della tassa.',
    'Contro questo atto si può ricorrere davanti allo stesso organo che l’ha adottato.',
    'Il termine per decidere è di tre mesi dal giorno in cui la domanda è pervenuta.',
    'Il deposito sarà restituito quando il marciapiede risulterà in buono stato.',
  ],
}

export const labels = [
  'Nom i cognoms',
  'DNI / NIE',
  'Domicilio',
  'Téléphone',
  'Email',
  'Data',
  'Concepte',
  'Importe',
] as const
