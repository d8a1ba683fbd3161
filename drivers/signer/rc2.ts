// RC2 in CBC mode (RFC 2268), only to read: exports from Windows and from older browsers keep their certificates under its
// 40-bit form, which OpenSSL 3 has put into a provider that Node does not load.

const blockOctets = 8

/** Section 2: a permutation of the octets, from the digits of pi. */
const piTable = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb6266fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
)

/** Plain text with its padding still on; throws RangeError where key, IV or text has no possible length. */
export function decryptRc2(key: Uint8Array, effectiveBits: number, iv: Uint8Array, text: Uint8Array): Uint8Array {
  if (key.length === 0 || key.length > 128 || iv.length !== blockOctets || text.length % blockOctets !== 0) {
    throw new RangeError('no RC2 key, IV or text')
  }
  const words = expandKey(key, effectiveBits)
  const plain = new Uint8Array(text.length)
  let previous = iv
  for (let at = 0; at < text.length; at += blockOctets) {
    const block = text.subarray(at, at + blockOctets)
    const opened = decryptBlock(words, block)
    for (let i = 0; i < blockOctets; i += 1) plain[at + i] = (opened[i] ?? 0) ^ (previous[i] ?? 0)
    previous = block
  }
  return plain
}

/** Section 2: 64 words of 16 bits, of which no more than `effectiveBits` matter. */
function expandKey(key: Uint8Array, effectiveBits: number): Uint16Array {
  const octets = new Uint8Array(128)
  octets.set(key)
  const pi = (index: number) => piTable[index & 0xff] ?? 0
  const at = (index: number) => octets[index] ?? 0
  for (let i = key.length; i < 128; i += 1) octets[i] = pi(at(i - 1) + at(i - key.length))
  const effectiveOctets = Math.ceil(effectiveBits / 8)
  const mask = 0xff >> (8 * effectiveOctets - effectiveBits)
  octets[128 - effectiveOctets] = pi(at(128 - effectiveOctets) & mask)
  for (let i = 127 - effectiveOctets; i >= 0; i -= 1) octets[i] = pi(at(i + 1) ^ at(i + effectiveOctets))
  return Uint16Array.from({ length: 64 }, (_, i) => at(2 * i) | (at(2 * i + 1) << 8))
}

/** Left turns of the four words in a mixing round. */
const turns = [1, 2, 3, 5] as const

/** Section 4: five mixing rounds back, a mash, six, a mash, five. */
function decryptBlock(key: Uint16Array, block: Uint8Array): Uint8Array {
  const view = new DataView(block.buffer, block.byteOffset, blockOctets)
  const words = [0, 2, 4, 6].map(offset => view.getUint16(offset, true))
  const word = (index: number) => words[(index + 4) % 4] ?? 0
  let next = 63
  const unmix = () => {
    for (let i = 3; i >= 0; i -= 1) {
      const turned = word(i)
      const turn = turns[i] ?? 0
      const straight = (turned >>> turn) | (turned << (16 - turn))
      const mixed = (word(i - 1) & word(i - 2)) + (~word(i - 1) & word(i - 3))
      words[i] = (straight - (key[next] ?? 0) - mixed) & 0xffff
      next -= 1
    }
  }
  const unmash = () => {
    for (let i = 3; i >= 0; i -= 1) words[i] = (word(i) - (key[word(i - 1) & 63] ?? 0)) & 0xffff
  }
  for (const [rounds, mash] of [
    [5, true],
    [6, true],
    [5, false],
  ] as const) {
    for (let round = 0; round < rounds; round += 1) unmix()
    if (mash) unmash()
  }
  return Uint8Array.from(words.flatMap(value => [value & 0xff, value >> 8]))
}
