// `compulsa browser-policy`: what the kiosk's Chromium has to be told, as JSON for /etc/chromium/policies/managed. Only
// the configured sites may launch `afirma:` without asking and reach loopback, and the authority of the loopback
// certificate is trusted for loopback alone. Without `autofirma`, and without pages of Cl@ve in a frame, it is empty.

import { frameOrigins } from '../config/clave.ts'
import type { Config } from '../config/config.ts'
import { createLog, systemClock, systemRandom } from '../host.ts'
import { loopbackFolder, originsOf } from '../http/afirma-places.ts'
import { createLoopbackCertificate } from '../loopback-certificate.ts'
import { configOf } from './appliance.ts'
import { type Answer, type Call, configOptions, type Verb } from './verb.ts'

export const browserPolicyVerb: Verb = {
  name: 'browser-policy',
  summary: 'Prints the policy of the kiosk’s Chromium, for /etc/chromium/policies/managed/compulsa.json.',
  options: configOptions,
  run,
}

async function run(call: Call): Promise<Answer> {
  const { config, dataFolder } = configOf(call)
  const frames = frameOrigins(config.clave)
  // The pages in the frame end at a page of the kiosk's own.
  const ofFrames = frames.length === 0 ? {} : { LoopbackNetworkAllowedForUrls: frames }
  const policy =
    config.autofirma === undefined ? ofFrames : policyOf(config.autofirma, authorityOf(config, dataFolder), frames)
  return { json: policy, lines: [JSON.stringify(policy, null, 2)] }
}

/** The appliance's own, made now where it has not run yet. */
function authorityOf(config: Config, dataFolder: string): Uint8Array {
  return createLoopbackCertificate({
    folder: loopbackFolder(dataFolder),
    kioskId: config.kiosk.id,
    clock: systemClock,
    random: systemRandom,
    log: createLog('fatal'),
  }).authority()
}

/** Names as in Chromium's list of policies. */
function policyOf(autofirma: NonNullable<Config['autofirma']>, authority: Uint8Array, frames: readonly string[]) {
  const origins = originsOf(autofirma)
  return {
    AutoLaunchProtocolsFromOrigins: [{ protocol: 'afirma', allowed_origins: origins }],
    // From 146 on; 139 to 145 know the wider one alone, which opens the local network too.
    LoopbackNetworkAllowedForUrls: [...new Set([...origins, ...frames])],
    // A page behind the kiosk's screen asks for its result every two seconds, and may not be kept to once a minute.
    IntensiveWakeUpThrottlingEnabled: false,
    CACertificatesWithConstraints: [
      {
        certificate: Buffer.from(authority).toString('base64'),
        constraints: { permitted_dns_names: ['localhost'], permitted_cidrs: ['127.0.0.1/32'] },
      },
    ],
  }
}
