// Why a page's launch or message is refused before the kiosk is asked anything, with the codes by which AutoFirma says the
// same: six digits from protocol 4.1 on, SAF_nn before. The texts are for the person in front of the page, in the language
// of the pages that speak this protocol.

import { type ErrorCode, Fault } from '../errors.ts'

/** `af`: six digits, told as AFnnnnnn. `saf`: two digits, or CANCEL, which older pages expect bare. */
export interface AfirmaError {
  readonly af: string
  readonly saf: string
  readonly text: string
}

interface RefusalRow extends AfirmaError {
  readonly code: ErrorCode
}

const rows = {
  urlAbsent: { code: 'REQUEST_INVALID', af: '620012', saf: '01', text: 'No hay dirección de invocación' },
  scheme: { code: 'REQUEST_INVALID', af: '620009', saf: '02', text: 'El mensaje no es del protocolo afirma' },
  ports: { code: 'REQUEST_INVALID', af: '620013', saf: '03', text: 'Los puertos propuestos no sirven' },
  version: { code: 'REQUEST_INVALID', af: '620011', saf: '21', text: 'La versión del protocolo no está soportada' },
  operation: { code: 'REQUEST_INVALID', af: '600002', saf: '04', text: 'El quiosco no hace esta operación' },
  malformed: { code: 'REQUEST_INVALID', af: '620016', saf: '03', text: 'La petición está mal formada' },
  session: { code: 'LAUNCH_UNKNOWN', af: '620010', saf: '46', text: 'El identificador de sesión no es el esperado' },
  busy: { code: 'KIOSK_BUSY', af: '220001', saf: '45', text: 'El quiosco atiende otra petición' },
  tooLarge: { code: 'MESSAGE_TOO_LARGE', af: '501005', saf: '03', text: 'El documento es demasiado grande' },
  clientVersion: { code: 'REQUEST_INVALID', af: '500005', saf: '41', text: 'La página pide una versión posterior' },
  dataAbsent: { code: 'REQUEST_INVALID', af: '600100', saf: '03', text: 'La petición no trae datos' },
  dataBroken: { code: 'REQUEST_INVALID', af: '200003', saf: '00', text: 'Los datos no están en Base64' },
  dataLocal: { code: 'REFERENCE_REFUSED', af: '600117', saf: '13', text: 'No se leen ficheros locales' },
  formatAbsent: { code: 'REQUEST_INVALID', af: '600104', saf: '03', text: 'Falta el formato de firma' },
  formatUnknown: { code: 'SIGNATURE_FORMAT_REFUSED', af: '600105', saf: '06', text: 'Formato de firma no soportado' },
  algorithmAbsent: { code: 'REQUEST_INVALID', af: '600106', saf: '03', text: 'Falta el algoritmo de firma' },
  algorithmUnknown: { code: 'ALGORITHM_REFUSED', af: '600107', saf: '03', text: 'Algoritmo de firma no soportado' },
  parameters: { code: 'REQUEST_INVALID', af: '600121', saf: '03', text: 'Los parámetros de la firma son incorrectos' },
  batchParameters: {
    code: 'REQUEST_INVALID',
    af: '600420',
    saf: '03',
    text: 'Los parámetros del lote son incorrectos',
  },
  saveDataAbsent: { code: 'REQUEST_INVALID', af: '600300', saf: '03', text: 'No hay datos que guardar' },
  fileName: { code: 'REQUEST_INVALID', af: '600306', saf: '03', text: 'El nombre del fichero no es válido' },
  extensions: { code: 'REQUEST_INVALID', af: '600307', saf: '03', text: 'Las extensiones no son válidas' },
  presignAbsent: { code: 'REQUEST_INVALID', af: '600405', saf: '03', text: 'Falta el servicio de prefirma' },
  postsignAbsent: { code: 'REQUEST_INVALID', af: '600406', saf: '03', text: 'Falta el servicio de postfirma' },
  presignUrl: { code: 'REQUEST_INVALID', af: '600413', saf: '03', text: 'Dirección de prefirma incorrecta' },
  presignLocal: { code: 'REFERENCE_REFUSED', af: '600414', saf: '13', text: 'La prefirma no puede ser local' },
  postsignUrl: { code: 'REQUEST_INVALID', af: '600415', saf: '03', text: 'Dirección de postfirma incorrecta' },
  postsignLocal: { code: 'REFERENCE_REFUSED', af: '600416', saf: '13', text: 'La postfirma no puede ser local' },
} as const satisfies Record<string, RefusalRow>

export type RefusalReason = keyof typeof rows

export const refusalTable: Readonly<Record<RefusalReason, RefusalRow>> = rows

/** A launch or message that is refused; `detail` names what is wrong with it, never what it carries. */
export class Refusal extends Fault {
  readonly reason: RefusalReason

  constructor(reason: RefusalReason, detail: string, options?: ErrorOptions) {
    super(rows[reason].code, detail, options)
    this.reason = reason
  }
}
