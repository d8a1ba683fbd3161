// The codes by which a page that speaks AutoFirma's protocol is told that an operation failed: one table from the
// appliance's own codes. Where AutoFirma has a code for each operation, the operation decides.

import { type ErrorCode, errorCodes, type Fault } from '../errors.ts'
import { type AfirmaError, Refusal, refusalTable } from './refusal.ts'

export type OperationKind = 'sign' | 'batch' | 'certificate' | 'save' | 'load' | 'log'

type PerOperation = { readonly [Kind in OperationKind]?: AfirmaError } & { readonly otherwise: AfirmaError }

const cancelled: AfirmaError = { af: '500001', saf: 'CANCEL', text: 'Operación cancelada en el quiosco' }

const row = (af: string, saf: string, text: string): AfirmaError => ({ af, saf, text })

/** What is told of everything that has no row of its own. */
const unexpected: PerOperation = {
  batch: row('200413', '27', 'El lote no se ha podido firmar'),
  certificate: row('200201', '08', 'No se ha podido elegir un certificado'),
  save: row('200305', '05', 'No se ha podido guardar'),
  load: row('200600', '25', 'No se ha podido cargar'),
  otherwise: row('200115', '09', 'No se ha podido firmar'),
}

const noCertificate: PerOperation = {
  certificate: row('502001', '19', 'No hay ningún certificado adecuado'),
  batch: row('504001', '19', 'No hay ningún certificado adecuado'),
  otherwise: row('501001', '19', 'No hay ningún certificado adecuado'),
}

const tooLarge = refusalTable.tooLarge
const store: PerOperation = {
  save: row('200301', '05', 'El fichero no se ha podido guardar'),
  load: row('200601', '25', 'El fichero no se ha podido leer'),
  otherwise: unexpected.otherwise,
}
const certified = row('212007', '35', 'El PDF no admite más firmas')
const stamp = row('410001', '09', 'No se ha obtenido el sello de tiempo')

const table: { readonly [Code in ErrorCode]?: AfirmaError | PerOperation } = {
  REQUEST_DECLINED: cancelled,
  INTERRUPTED: cancelled,
  KIOSK_BUSY: refusalTable.busy,
  LAUNCH_UNKNOWN: refusalTable.session,
  ORIGIN_REFUSED: row('420001', '47', 'La página no puede pedir firmas en este quiosco'),
  MESSAGE_TOO_LARGE: tooLarge,
  BATCH_TOO_LARGE: tooLarge,
  PDF_TOO_LARGE: tooLarge,
  REQUEST_INVALID: { batch: refusalTable.batchParameters, otherwise: refusalTable.parameters },
  CERTIFICATE_NOT_FITTING: noCertificate,
  CERTIFICATE_ABSENT: noCertificate,
  CERTIFICATE_EXPIRED: noCertificate,
  CERTIFICATE_NOT_YET_VALID: noCertificate,
  CERTIFICATE_REVOKED: noCertificate,
  CERTIFICATE_UNREADABLE: row('200114', '18', 'El certificado no se ha podido leer'),
  TOKEN_ABSENT: row('201101', '08', 'No hay ninguna tarjeta en el lector'),
  TOKEN_MODULE_FAILED: row('201113', '08', 'No se ha podido leer la tarjeta'),
  TOKEN_REMOVED: row('200108', '08', 'La tarjeta se ha retirado'),
  KEY_STORE_UNREADABLE: row('201110', '08', 'El almacén de claves no se ha podido leer'),
  PIN_WRONG: row('501003', '08', 'El PIN no es correcto'),
  PIN_LOCKED: row('511004', '52', 'La tarjeta está bloqueada'),
  KEY_REFUSED: row('200110', '51', 'La clave no sirve para esta firma'),
  ALGORITHM_REFUSED: refusalTable.algorithmUnknown,
  SIGNATURE_FAILED: row('200111', '09', 'La tarjeta no ha podido firmar'),
  SIGNATURE_INVALID: row('200113', '09', 'La firma hecha no es válida'),
  SIGNATURE_FORMAT_REFUSED: refusalTable.formatUnknown,
  PDF_UNREADABLE: row('510005', '28', 'El documento no es un PDF que se pueda firmar'),
  PDF_CERTIFIED: certified,
  FIELD_LOCKED: certified,
  PDF_ENCRYPTED: row('212005', '33', 'El PDF necesita contraseña'),
  PASSWORD_WRONG: row('212004', '33', 'La contraseña del PDF no es correcta'),
  XML_UNREADABLE: row('510002', '29', 'El documento no es un XML que se pueda firmar'),
  CMS_UNREADABLE: row('501006', '31', 'El documento no es una firma de este formato'),
  SIGNATURE_ABSENT: row('501006', '31', 'El documento no contiene ninguna firma'),
  SIGNATURE_BROKEN: row('500002', '39', 'Una firma del documento no es válida'),
  CONTENT_ABSENT: row('510001', '44', 'La firma no contiene los datos firmados'),
  POLICY_UNUSABLE: row('521000', '23', 'La política de firma no sirve'),
  DOCUMENT_TOO_COMPLEX: row('501002', '30', 'El documento no se puede tratar'),
  TSA_ABSENT: stamp,
  TSA_UNREACHABLE: stamp,
  TSA_CREDENTIALS_REFUSED: stamp,
  TSA_UNTRUSTED: stamp,
  TIMESTAMP_REFUSED: stamp,
  TIMESTAMP_INVALID: stamp,
  BATCH_INVALID: row('600419', '03', 'El lote está mal formado'),
  BATCH_SERVICE_FAILED: row('300601', '27', 'El servicio de firma de la página ha fallado'),
  REFERENCE_REFUSED: {
    ...store,
    batch: row('600414', '13', 'El servicio de firma de la página no está permitido aquí'),
    otherwise: row('600117', '13', 'El documento está en un lugar que no se permite leer'),
  },
  REFERENCE_UNAVAILABLE: row('401100', '16', 'El documento no se ha podido descargar'),
  FILE_UNREADABLE: store,
  NOT_FOUND: store,
  OUTPUT_UNWRITABLE: store,
  DISK_FULL: store,
  STORAGE_FAILED: store,
}

/** What is told of a failure in an operation of this kind. */
export function afirmaErrorOf(fault: Fault, kind: OperationKind): AfirmaError {
  if (fault instanceof Refusal) return refusalTable[fault.reason]
  const found = table[fault.code] ?? unexpected
  return 'af' in found ? found : (found[kind] ?? found.otherwise)
}

/** The codes that have a row of their own. */
export const toldCodes: readonly ErrorCode[] = errorCodes.filter(code => table[code] !== undefined)
