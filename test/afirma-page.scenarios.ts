// What a page does with AutoFirma's script, one visit each, as the tests run it with our own client and `make conformance`
// with the official script that AUTOSCRIPT names. Assertions are plain, for both.

import assert from 'node:assert/strict'
import { Fault } from '../device/errors.ts'
import { certificate, createFakeDesk, type FakeDesk, signature } from './95.afirma.desk.ts'
import { type Outcome, type PageKiosk, site } from './afirma-page.kit.ts'

export interface Scenario {
  readonly name: string
  run(kiosk: PageKiosk, desk: FakeDesk): Promise<void>
}

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64')
const pdf = base64('%PDF-1.7 ÿþ')
const signed = [base64(signature), base64(certificate)]

function okOf(outcome: Outcome): readonly unknown[] {
  assert.ok('ok' in outcome, JSON.stringify(outcome))
  return outcome.ok
}

function failedOf(outcome: Outcome) {
  assert.ok('failed' in outcome, JSON.stringify(outcome))
  return outcome.failed
}

function lastOf(desk: FakeDesk) {
  const last = desk.asked.at(-1)
  assert.ok(last !== undefined, 'the desk was not asked')
  return { operation: last.operation, ...last.request } as Readonly<Record<string, unknown>>
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'a launch, a signature, and more over the same connection',
    async run(kiosk, desk) {
      const page = await kiosk.open()
      const extra = 'signaturePage=1\nlayer2Text=Signat per $$SUBJECTCN$$, à Lleida\n'
      const first = okOf(await page.call('sign', pdf, 'SHA256withRSA', 'PAdES', extra))
      assert.deepEqual(first.slice(0, 2), signed)
      const { data, extraParams, ...rest } = lastOf(desk)
      assert.deepEqual(rest, {
        operation: 'sign',
        origin: site,
        format: 'PAdES',
        algorithm: 'SHA256withRSA',
      })
      assert.equal(base64(data as Uint8Array), pdf)
      assert.equal((extraParams as Map<string, string>).get('layer2Text'), 'Signat per $$SUBJECTCN$$, à Lleida')
      const launches = (await kiosk.launches()).split('\n').filter(line => line.startsWith('afirma:')).length
      for (const method of ['cosign', 'counterSign'])
        assert.deepEqual(okOf(await page.call(method, pdf, 'SHA512', 'CAdES', null)).slice(0, 2), signed)
      const again = (await kiosk.launches()).split('\n').filter(line => line.startsWith('afirma:')).length
      assert.equal(again, launches, 'launched again')
      await page.close()
    },
  },
  {
    name: 'a certificate by filters',
    async run(kiosk, desk) {
      const page = await kiosk.open()
      const outcome = await page.call('selectCertificate', 'filters.1=signingcert:;nonexpired:\nfilters.2=dnie:\n')
      assert.deepEqual(okOf(outcome)[0], base64(certificate))
      const params = lastOf(desk)['extraParams'] as Map<string, string>
      assert.deepEqual(
        [...params],
        [
          ['filters.1', 'signingcert:;nonexpired:'],
          ['filters.2', 'dnie:'],
        ],
      )
      await page.close()
    },
  },
  {
    name: 'a batch here, and one by the page’s services',
    async run(kiosk, desk) {
      const page = await kiosk.open()
      for (const local of [true, false]) {
        await page.set('createBatch', 'SHA256', 'CAdES', 'sign', 'mode=implicit')
        await page.set('addDocumentToBatch', 'a-1', base64('hola'))
        await page.set('addDocumentToBatch', 'b-2', base64('adéu'), 'XAdES', 'cosign')
        await page.set('setLocalBatchProcess', local)
        const urls = local ? [null, null] : [`${site}/presign`, `${site}/postsign`]
        const [result, signer] = okOf(await page.call('signBatchProcess', true, ...urls, 'filter=dnie:'))
        assert.deepEqual(result, { signs: [{ id: '1' }] })
        assert.equal(signer, base64(certificate))
        const asked = lastOf(desk)
        const batch = JSON.parse(Buffer.from(asked['batch'] as Uint8Array).toString())
        assert.deepEqual(batch.singlesigns, [
          { id: 'a-1', datareference: base64('hola') },
          { id: 'b-2', datareference: base64('adéu'), format: 'XAdES', suboperation: 'cosign' },
        ])
        assert.equal(batch.stoponerror, true)
        assert.deepEqual(asked['services'], local ? undefined : { presign: urls[0], postsign: urls[1] })
      }
      await page.close()
    },
  },
  {
    name: 'files saved and loaded, and a signature that is saved too',
    async run(kiosk, desk) {
      const page = await kiosk.open()
      okOf(await page.call('saveDataToFile', pdf, 'Desa l’acta', 'acta.pdf', 'pdf', 'PDF'))
      const { data, description, ...saved } = lastOf(desk)
      assert.deepEqual(saved, { operation: 'save', origin: site, name: 'acta.pdf', title: 'Desa l’acta' })
      assert.equal(base64(data as Uint8Array), pdf)
      assert.match(String(description), /^PDF/)
      const one = okOf(await page.call('getFileNameContentBase64', 'Tria', 'pdf', 'PDF', null))
      assert.deepEqual(one, ['a.pdf', base64(Uint8Array.of(1, 2, 3))])
      const all = okOf(await page.call('getMultiFileNameContentBase64', 'Tria', 'pdf,xml', 'PDF', null))
      assert.deepEqual(all, [
        ['a.pdf', 'b_2_c.pdf'],
        ['AQID', '+/8='],
      ])
      const both = await page.call('signAndSaveToFile', 'sign', pdf, 'SHA256', 'CAdES', null, 'acta.csig')
      assert.deepEqual(okOf(both).slice(0, 2), signed)
      assert.equal(lastOf(desk)['name'], 'acta.csig')
      await page.close()
    },
  },
  {
    name: 'a person who says no, a card that is gone, and a page that goes on afterwards',
    async run(kiosk, desk) {
      const page = await kiosk.open()
      desk.fail(new Fault('REQUEST_DECLINED', 'no'))
      const no = failedOf(await page.call('sign', pdf, 'SHA256', 'PAdES', null))
      assert.equal(no.type, 'es.gob.afirma.core.AOCancelledOperationException')
      assert.equal(no.code, 'AF500001')
      desk.fail(new Fault('TOKEN_REMOVED', 'gone'))
      const gone = failedOf(await page.call('sign', pdf, 'SHA256', 'PAdES', null))
      assert.equal(gone.code, 'AF200108')
      assert.match(gone.message, /tarjeta/)
      desk.fail(undefined)
      okOf(await page.call('sign', pdf, 'SHA256', 'PAdES', null))
      await page.close()
    },
  },
  {
    name: 'what the kiosk refuses by itself',
    async run(kiosk, desk) {
      const page = await kiosk.open()
      assert.equal(failedOf(await page.call('sign', pdf, 'MD5withRSA', 'PAdES', null)).code, 'AF600107')
      assert.equal(failedOf(await page.call('sign', 'AAAAA', 'SHA256', 'PAdES', null)).code, 'AF200003')
      assert.equal(
        failedOf(await page.call('sign', 'file:///etc/passwd', 'SHA256', 'PAdES', null)).code.slice(0, 2),
        'AF',
      )
      await page.set('setMinimumClientVersion', '99.1')
      assert.equal(failedOf(await page.call('selectCertificate', null)).code, 'AF500005')
      assert.deepEqual(desk.asked, [])
      assert.equal(kiosk.refused.filter(one => one.origin === site && one.code === 'ALGORITHM_REFUSED').length, 1)
      await page.close()
    },
  },
  {
    name: 'a page that closes while the person decides',
    async run(kiosk, desk) {
      desk.hold()
      const page = await kiosk.open()
      const asked = page.call('sign', pdf, 'SHA256', 'PAdES', null).catch(() => undefined)
      while (desk.asked.length === 0) await new Promise(resolve => setTimeout(resolve, 50))
      const signal = desk.asked[0]?.signal
      assert.equal(signal?.aborted, false)
      await page.close()
      await asked
      while (signal?.aborted === false) await new Promise(resolve => setTimeout(resolve, 50))
    },
  },
]

/** A desk that the kiosk keeps while each scenario brings its own. */
export function createChangingDesk(): { readonly desk: FakeDesk; renew(): FakeDesk } {
  let current = createFakeDesk()
  // Over an empty object: one over a frozen desk would have to give that one's own functions.
  const desk = new Proxy({} as FakeDesk, { get: (_, key) => Reflect.get(current, key) })
  return {
    desk,
    renew() {
      current = createFakeDesk()
      return current
    },
  }
}
