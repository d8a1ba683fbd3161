// Signatures that AutoFirma's three-phase server makes with a key that is here: the server's own code prepares and completes
// them behind the simulated batch service, our client talks to it and signs in between.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { parseProperties } from '../../device/ades/java-properties.ts'
import type { TriphaseServer } from '../../device/ports.ts'
import { createHttpTriphase } from '../../drivers/triphase/http.ts'
import { signAtService } from '../94.triphase.kit.ts'
import type { Autofirma } from '../oracles/java.ts'
import type { TriphaseEngine, TriphaseOrder } from '../sim/triphase.signatures.ts'
import { createTriphaseService } from '../sim/triphase.ts'
import { autofirmaMade, autofirmaParameters, exhibitOf, type Foreign, type Made, type Makers } from './foreign.ts'

export function threePhaseExhibits(makers: Makers): readonly Foreign[] {
  const client = createHttpTriphase({ allowPrivate: ['127.0.0.2'] })
  return autofirmaMade()
    .filter(isMadeAtService)
    .map(made => {
      const maker = 'AutoFirma three-phase'
      const exhibit = exhibitOf(maker, made, makers)
      return { maker, exhibit, make: () => makeAtService(made, exhibit.file, client, makers) }
    })
}

/** The server of this version puts the DER of an ECDSA value into XML as it came; later ones take it apart first. */
const isMadeAtService = ({ format, algorithm }: Made) => !(format === 'XAdES' && algorithm.endsWith('ECDSA'))

/** Co- and countersigns what AutoFirma itself has signed. */
async function makeAtService(made: Made, out: string, client: TriphaseServer, makers: Makers): Promise<void> {
  const { autofirma, pki, originals } = makers
  const { format, packaging, operation, algorithm, signer } = made
  const parameters = { ...autofirmaParameters[`${format} ${packaging}`], profile: 'baseline' }
  const original = originals.of(format)
  const first = `${out}-first`
  if (operation !== 'sign') {
    const job = { format, parameters, p12: pki.p12('rsa2048'), algorithm: 'SHA256withRSA', file: original, out: first }
    await autofirma.make('sign', job)
  }
  const service = await createTriphaseService({ engine: autofirmaEngine(autofirma, out) })
  try {
    const data = await readFile(operation === 'sign' ? original : first)
    const properties = Object.entries(parameters).map(([name, value]) => `${name}=${value}`)
    const batch = {
      algorithm: algorithm.replace(/with.*/, ''),
      format,
      suboperation: operation,
      extraparams: Buffer.from(properties.join('\n')).toString('base64'),
      singlesigns: [{ id: 'one', datareference: data.toString('base64') }],
    }
    const [certificate, ...chain] = pki.chain(signer)
    const key = createPrivateKey(pki.privateKey(signer))
    const privateKey = key.export({ format: 'der', type: 'pkcs8' })
    const [result] = await signAtService(client, service, batch, { certificate, chain, privateKey })
    const problems = [...service.violations, ...(result?.result === 'DONE_AND_SAVED' ? [] : [JSON.stringify(result)])]
    if (problems.length > 0) throw new Error(problems.join('; '))
    await writeFile(out, service.saved.get('one') ?? '')
  } finally {
    await service.stop()
  }
}

function autofirmaEngine(autofirma: Autofirma, out: string): TriphaseEngine {
  const jobOf = async ({ id, data, format, operation, algorithm, extraParams, certificates }: TriphaseOrder) => {
    const file = `${out}-sent`
    await writeFile(file, data)
    const [signer] = certificates
    if (signer === undefined) throw new Error('no certificate')
    const kind = new X509Certificate(signer).publicKey.asymmetricKeyType === 'rsa' ? 'RSA' : 'ECDSA'
    return {
      file,
      format,
      operation,
      algorithm: `${algorithm}with${kind}`,
      certificates: certificates.map(certificate => Buffer.from(certificate).toString('base64')),
      parameters: { ...Object.fromEntries(parseProperties(extraParams)), SignatureId: id },
    }
  }
  return {
    presign: async order => {
      const { signs } = await autofirma.presign(await jobOf(order))
      return signs.map(sign => ({ ...sign, signid: order.id }))
    },
    postsign: async (order, signs) => {
      await autofirma.postsign({ ...(await jobOf(order)), signs, out: `${out}-saved` })
      return readFile(`${out}-saved`)
    },
  }
}
