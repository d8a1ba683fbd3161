// The key with which this kiosk signs evidence: EC P-256, with a certificate that it has given itself, in one PEM file beside
// the device key (0600). It is made once and never replaced by itself: whoever checks evidence knows the kiosk by it.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Fault } from './errors.ts'
import type { EvidenceSigner } from './evidence/signed.ts'
import type { Clock, Random } from './ports.ts'
import { makeFolderNow, writeFileNow } from './store/durable.ts'
import { issueSelfSigned } from './trust/issue-certificate.ts'

/** `device.signing.pem` beside `device.key`. */
export function evidenceKeyFile(deviceKeyFile: string): string {
  return `${deviceKeyFile.replace(/\.key$/, '')}.signing.pem`
}

/** Makes the file where there is none. Throws DEVICE_KEY_UNUSABLE, DISK_FULL, STORAGE_FAILED. */
export function ensureEvidenceKey(
  file: string,
  { kioskId, clock, random }: { kioskId: string; clock: Pick<Clock, 'now'>; random: Pick<Random, 'bytes'> },
): void {
  if (existsSync(file)) {
    readEvidenceKey(file)
    return
  }
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issued = issueSelfSigned({
    name: `Compulsa ${kioskId}`,
    key: {
      publicKey: publicKey.export({ format: 'der', type: 'spki' }),
      sign: bytes => sign('sha256', bytes, privateKey),
    },
    serial: random.bytes(16),
    now: clock.now(),
  })
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  makeFolderNow(dirname(file))
  writeFileNow(file, Buffer.from(`${new X509Certificate(issued).toString()}${key}`))
}

/** Throws DEVICE_KEY_UNUSABLE where the file is absent, damaged, or not its owner's alone. */
export function readEvidenceKey(file: string): EvidenceSigner {
  const pem = readOwn(file)
  try {
    const certificate = new X509Certificate(pem)
    const key = createPrivateKey(pem)
    if (createPublicKey(key).asymmetricKeyDetails?.namedCurve !== 'prime256v1' || !certificate.checkPrivateKey(key)) {
      throw new Error('key and certificate do not belong together')
    }
    return Object.freeze({
      certificate: new Uint8Array(certificate.raw),
      sign: (bytes: Uint8Array) => new Uint8Array(sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })),
    })
  } catch (thrown) {
    throw new Fault('DEVICE_KEY_UNUSABLE', `${file} holds no signing key with its certificate`, { cause: thrown })
  } finally {
    pem.fill(0)
  }
}

function readOwn(file: string): Buffer {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (thrown) {
    throw new Fault('DEVICE_KEY_UNUSABLE', `${file} cannot be opened; the appliance makes it when it starts`, {
      cause: thrown,
    })
  }
  try {
    if ((fstatSync(descriptor).mode & 0o170077) !== 0o100000) {
      throw new Fault('DEVICE_KEY_UNUSABLE', `${file} must be a plain file of mode 0600 or 0400`)
    }
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
