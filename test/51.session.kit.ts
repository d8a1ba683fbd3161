// What the tests of sessions on cards share: a digest to sign, a session that must come about, a signer over a scripted module.

import { createHash } from 'node:crypto'
import type { Signer, SigningSession } from '../device/ports.ts'
import { createPkcs11Signer } from '../drivers/signer/pkcs11.ts'
import { createScriptedModule, type ModuleScript } from './sim/scripted-module.ts'

export const attributes = Buffer.from('the signed attributes')
export const toSign = {
  algorithm: 'SHA256withRSA',
  digest: createHash('sha256').update(attributes).digest(),
} as const

/** With the key 01. */
export async function opened(signer: Signer, tokenId: string, pin: string): Promise<SigningSession> {
  const answer = await signer.open({ tokenId, keyId: '01', pin: Buffer.from(pin) })
  if (answer.outcome !== 'open') throw new Error(JSON.stringify(answer))
  return answer.session
}

/** `given` are the codes with which the signer gave up; its clock stands still but for `wait`. */
export function withModule(script: ModuleScript) {
  const module = createScriptedModule(script)
  const given: string[] = []
  const giveUp = ({ code }: { readonly code: string }) => given.push(code)
  let time = 0
  const now = () => time
  const signer = createPkcs11Signer({ modules: [{ path: 'scripted' }], load: module.load, giveUp, now })
  const wait = (ms: number) => {
    time += ms
  }
  return { module, wait, signer, given, count: (call: string) => module.calls.filter(one => one === call).length }
}
