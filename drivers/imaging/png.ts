// PNG before it is decoded (ISO/IEC 15948, 5): texts, which no page needs, are left out, for a small compressed one unfolds
// to any size; so is a colour profile that does.

import { inflateSync } from 'node:zlib'

const signature = Buffer.from('89504e470d0a1a0a', 'hex')
const textChunks = ['tEXt', 'zTXt', 'iTXt']
/** Length, name and checksum. */
const chunkFrameBytes = 12
const mostProfileBytes = 4 << 20
const longestProfileName = 79

/** The same image without such chunks; other bytes as they are. */
export function withoutTexts(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, signature.length).equals(signature)) return bytes
  const kept: Buffer[] = [signature]
  let at = signature.length
  for (let end = at; at + chunkFrameBytes <= bytes.length; at = end) {
    end = at + chunkFrameBytes + bytes.readUInt32BE(at)
    const name = bytes.toString('latin1', at + 4, at + 8)
    if (end > bytes.length) break
    if (!textChunks.includes(name) && (name !== 'iCCP' || isBounded(bytes.subarray(at + 8, end - 4)))) {
      kept.push(bytes.subarray(at, end))
    }
  }
  return Buffer.concat([...kept, bytes.subarray(at)])
}

/** Name, a zero, the method, and the profile compressed. */
function isBounded(body: Buffer): boolean {
  const name = body.subarray(0, longestProfileName + 1).indexOf(0)
  if (name < 0) return false
  try {
    return inflateSync(body.subarray(name + 2), { maxOutputLength: mostProfileBytes }).length > 0
  } catch {
    // Too large or damaged: either way it says nothing of colours.
    return false
  }
}
