// Who may have signatures raised by this kiosk: tokens by client credentials, and the door that only the configuration opens.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from './50.signature.kit.ts'
import { signedBy } from './97.extension.kit.ts'
import { asked, byHand, servedStand } from './97.extension.served.kit.ts'
import { startKiosk } from './kiosk.kit.ts'
import { apiUrl } from './requests.kit.ts'
import { slips } from './walk.kit.ts'

describe('a token', () => {
  it('comes by form and, as the published example has it, by query', async () => {
    const stand = await servedStand({ plain: true })
    const { form, called } = byHand(stand)
    const answer = { access_token: expect.stringMatching(/^[0-9a-f]{40}$/), token_type: 'Bearer', expires_in: 3599 }
    expect(await called('/oauth2/v1/token', { body: form() })).toEqual({ status: 200, body: answer })
    expect(await called(`/oauth2/v1/token?${form()}`, {})).toEqual({ status: 200, body: answer })
    expect(stand.logged.join('')).not.toContain(stand.secret)
  })

  it.each<readonly [Readonly<Record<string, string>>, number, string]>([
    [{ grant_type: 'password' }, 400, 'invalid_request'],
    [{ scope: 'profile' }, 400, 'invalid_request'],
    [{ redirect_uri: '' }, 400, 'invalid_request'],
    [{ client_id: 'nobody' }, 401, 'invalid_client'],
    [{ client_id: 'other' }, 401, 'invalid_client'],
    [{ client_secret: 'a-secret-that-nobody-has' }, 401, 'invalid_client'],
  ])('is refused for %j', async (over, status, error) => {
    const { form, called } = byHand(await servedStand({ plain: true }))
    const answer = await called('/oauth2/v1/token', { body: form(over) })
    expect(answer).toMatchObject({ status, body: { error, error_description: expect.any(String) } })
    expect(JSON.stringify(answer)).not.toContain('a-secret-that')
  })

  it('of this interface opens no other, nor the other way', async () => {
    const stand = await servedStand({ plain: true })
    const { token, extend } = byHand(stand)
    const headers = { authorization: `Bearer ${await token()}` }
    expect((await fetch(new URL('/api/v1/batches/x', stand.url), { headers })).status).toBe(401)
    const own = await extend(asked(stand, Buffer.from('x')), `Bearer ${stand.secret}`)
    expect(own).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
  })

  it('ends, and is wanted', async () => {
    const stand = await servedStand({ plain: true })
    const { token, extend } = byHand(stand)
    const held = await token()
    stand.clock.leap(3_599_000)
    for (const authorization of [`Bearer ${held}`, '', 'Bearer x', `Basic ${held}`]) {
      const answer = await extend(asked(stand, Buffer.from('x')), authorization)
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
    }
  })
})

describe('where the configuration does not open it', () => {
  it('it needs an authority and trust', async () => {
    const { parseConfig } = await import('../device/config/config.ts')
    const least = {
      body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
      procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
    }
    const api = { port: 0, clients: [{ id: 'a', tokenFile: 'a' }], extension: {} }
    expect(() => parseConfig({ ...least, api })).toThrow(/api.extension needs timestamping; api.extension needs trust/)
  })
})

describe('a running kiosk', () => {
  it('serves it where the configuration opens it', async () => {
    const folder = await temporaryFolder()
    onTestFinished(() => folder.remove())
    const tokenFile = join(folder.path, 'token')
    await writeFile(tokenFile, 'the-token-of-the-ledger', { mode: 0o600 })
    const api = { port: 0, clients: [{ id: 'ledger', tokenFile }], extension: {} }
    const kiosk = await startKiosk({ sheets: await slips(1), trustServices: true, config: { api } })
    onTestFinished(() => kiosk.stop())
    const { trust } = kiosk.site
    if (trust === undefined) throw new Error('no trust services')
    const stand = { url: apiUrl(kiosk), trust, secret: 'the-token-of-the-ledger', logged: kiosk.logged }
    const { status, body } = await byHand(stand).extend(
      asked(stand, await signedBy(trust), { signatureType: 'PADES_T' }),
    )
    expect([status, body['error']]).toEqual([200, undefined])
  })
})
