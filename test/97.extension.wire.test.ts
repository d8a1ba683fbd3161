// The recorded requests and answers of the extension service: what our driver writes, what it reads, what the simulator and
// the interface that the kiosk serves take. A changed contract shows as a difference in test/recordings/fortress.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formatOf } from '../device/ades/format.ts'
import { randomAccessOf } from '../device/bytes.ts'
import { readOrder } from '../device/http/fortress-request.ts'
import { answerIn, errorIn, extendRequest, tokenIn, tokenRequest } from '../drivers/extender/fortress-wire.ts'
import { readExtendRequest, readTokenRequest } from './sim/fortress.contract.ts'

const recorded = (name: string) => readFileSync(new URL(`recordings/fortress/${name}`, import.meta.url))
const text = (name: string) => recorded(name).toString('utf8')

describe('what we send', () => {
  it('asks for a token as recorded', () => {
    const form = tokenRequest({ id: 'kiosk-017', secret: 's3cr3t & more', redirectUri: 'https://kiosk.example.org/' })
    expect(`${form.replaceAll('&', '\n')}\n`).toBe(text('token.request.txt'))
    expect(readTokenRequest(new URLSearchParams(form))).toEqual({ id: 'kiosk-017', secret: 's3cr3t & more' })
  })

  it('asks for an extension as recorded', () => {
    const body = extendRequest(
      {
        format: 'CAdES',
        level: 'LTA',
        packaging: 'detached',
        document: { name: 'acta.csig', url: 'https://files.example.org/acta.csig' },
        original: { name: 'acta.txt', bytes: Buffer.from('Aprovat') },
      },
      {
        userCode: 'operator-1',
        signatureAlgorithm: 'RSA_SHA256',
        tsa: {
          type: 'CERTIFICATE_TLS',
          url: 'https://tsa.example.org/',
          certificateCode: 'kiosk-tls',
          password: 'of the certificate',
        },
        policy: {
          id: '2.16.724.1.3.1.1.2.1.9',
          description: 'AGE',
          digestAlgorithm: 'SHA1',
          digestValueB64: 'G7roucf600+f03r/o0bAOQ6WAs0=',
          contentHintsDescription: 'an act',
          contentHintsType: '1.2.840.113549.1.7.1',
        },
      },
    )
    expect(`${JSON.stringify(JSON.parse(body), null, 2)}\n`).toBe(text('extend.request.json'))
    expect(readExtendRequest(body)).toHaveLength(1)
  })
})

describe('what we read', () => {
  it('is a token and its life', () => {
    expect(tokenIn(recorded('token.response.json'))).toEqual({
      authorization: 'Bearer 0b79bab50daca910b000d4f1a2b675d604257e42',
      lifeMs: 3_599_000,
    })
  })

  it.each(['', '{}', '[]', '{"access_token":""}', '{"access_token":"a b"}', '{"access_token":"a","token_type":"mac"}'])(
    'is no token in %s',
    body => {
      expect(tokenIn(Buffer.from(body))).toBeUndefined()
    },
  )

  it('is a document in an object, and in a list of one', () => {
    const answer = answerIn(recorded('extend.response.json'))
    expect(answer.reference).toBe('d8e3d98dc20e46188fd067df28048934')
    expect(Buffer.from(answer.document).toString('latin1')).toMatch(/^%PDF-1\.3/)
    expect(answerIn(recorded('extend.response.list.json'))).toEqual(answer)
  })

  it('is a CMS in the page’s own sample, whatever was asked for', async () => {
    const { document } = answerIn(recorded('extend.response.page.json'))
    expect(await formatOf(randomAccessOf(document))).toBe('CAdES')
  })

  it('is the name of an error, and nothing else of it', () => {
    expect(errorIn(recorded('error.invalid_request.json'))).toBe('invalid_request')
    expect(errorIn(recorded('error.invalid_token.json'))).toBe('invalid_token')
    expect(errorIn(Buffer.from('{"error":"JVBERi0x <script>"}'))).toBe('an error without a name')
    expect(errorIn(Buffer.from('<html>'))).toBe('an error without a name')
  })
})

describe('what we serve', () => {
  const authority = { kind: 'URL', url: 'https://testservices.viafirma.com/via-tsa/tsa' }

  it('takes the page’s own sample', () => {
    expect(readOrder(recorded('extend.request.page.json'), authority)).toMatchObject({ format: 'PAdES', level: 'LTA' })
    expect(readExtendRequest(text('extend.request.page.json'))).toHaveLength(1)
  })

  it('takes no authority but its own, nor a policy', () => {
    const other = { ...authority, url: 'https://tsa.example.org/' }
    expect(() => readOrder(recorded('extend.request.page.json'), other)).toThrow(/tsa: this kiosk stamps by its own/)
    expect(() => readOrder(recorded('extend.request.json'), other)).toThrow(/policy: is part of what was signed/)
  })
})
