// Which AutoFirma the kiosk is as good as, for pages that ask for a least version of it (`mcv`).

import { Refusal } from './refusal.ts'

/** The newest whose requests are understood. */
const compatible = { major: 1, minor: 10 }

/** Throws a Refusal for a version that is newer or no version; further parts and suffixes do not count. */
export function checkClientVersion(text: string | undefined): void {
  if (text === undefined || text === '') return
  const [, major, minor] = /^(\d{1,4})(?:\.(\d{1,4}))?/.exec(text) ?? []
  if (major === undefined) throw new Refusal('malformed', 'the least version of the client is no version')
  const wanted = { major: Number(major), minor: Number(minor ?? 0) }
  const newer =
    wanted.major > compatible.major || (wanted.major === compatible.major && wanted.minor > compatible.minor)
  if (newer) throw new Refusal('clientVersion', 'the page asks for a later version of the client')
}
