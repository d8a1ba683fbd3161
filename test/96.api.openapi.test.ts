// The OpenAPI file of batches: valid by the OpenAPI Initiative's own schema, open to whoever builds a client, and true: every
// spelling in it is one that the kiosk takes, what it refuses does not fit, and every answer does.

import { beforeEach, describe, expect, it } from 'vitest'
import { readBatch } from '../device/batch/read-batch.ts'
import { base64, limits, streamOf, written } from './93.batch.kit.ts'
import { type ApiStand, apiStand } from './96.api.kit.ts'
import { type Served, servedFile } from './openapi.kit.ts'

type Enum = { readonly enum: readonly unknown[] }
interface BatchSchema {
  readonly properties: Readonly<Record<'algorithm' | 'format' | 'suboperation', Enum>> & {
    readonly singlesigns: { readonly items: { readonly properties: Readonly<Record<'format' | 'suboperation', Enum>> } }
  }
}

let stand: ApiStand
let served: Served
beforeEach(async () => {
  stand = await apiStand()
  served = await servedFile(`${stand.url}api/v1/batches/openapi.json`)
})

const read = (batch: unknown) => readBatch(streamOf(JSON.stringify(batch), 1000), limits)
const one = { id: 'a', datareference: base64('x') }

describe('the OpenAPI file of batches', () => {
  it('is valid, names what there is, and both ways in', async () => {
    served.expectValid()
    await served.expectAllServed(stand.url)
    expect(served.file).toMatchObject({
      security: [{ token: [] }, { certificate: [] }],
      components: { securitySchemes: { token: { scheme: 'bearer' }, certificate: { type: 'mutualTLS' } } },
    })
  })

  it('has no spelling that is not taken', async () => {
    const { properties } = served.file.components.schemas['Batch'] as BatchSchema
    const { singlesigns, ...header } = properties
    const spelled = (['algorithm', 'format', 'suboperation'] as const).flatMap(name =>
      header[name].enum.map(value => written({ [name]: value })),
    )
    const ofItem = (['format', 'suboperation'] as const).flatMap(name =>
      singlesigns.items.properties[name].enum.map(value => written({ singlesigns: [{ ...one, [name]: value }] })),
    )
    const full = { stoponerror: true, concurrenttimeout: 86_400, extraparams: base64('mode=implicit') }
    const batches = [...spelled, ...ofItem, written(full), written({ singlesigns: [{ ...one, id: 'x'.repeat(200) }] })]
    expect(batches.length).toBeGreaterThan(30)
    for (const batch of batches) {
      expect(served.faultsOf('Batch', batch)).toEqual([])
      await expect(read(batch)).resolves.toBeDefined()
    }
  })

  it('is not fitted by what is refused', async () => {
    const refused = [
      {},
      written({ algorithm: 'MD5' }),
      written({ algorithm: 'SHA1withRSA' }),
      written({ format: 'ODF' }),
      written({ suboperation: 'stamp' }),
      written({ stoponerror: 1 }),
      written({ concurrenttimeout: 0 }),
      written({ concurrenttimeout: 86_401 }),
      written({ extraparams: 1 }),
      written({ singlesigns: [] }),
      written({ singlesigns: [{ ...one, id: '' }] }),
      written({ singlesigns: [{ ...one, id: 'x'.repeat(201) }] }),
      written({ singlesigns: [{ id: 'a' }] }),
      written({ singlesigns: [{ ...one, format: 'ODF' }] }),
    ]
    for (const batch of refused) {
      expect(served.faultsOf('Batch', batch)).not.toEqual([])
      await expect(read(batch)).rejects.toThrow()
    }
  })

  it('is fitted by every answer', async () => {
    const program = stand.program()
    const { body, status } = await program.call('POST', '/api/v1/batches', written({}, 3))
    const { id } = body as { readonly id: string }
    expect([status, served.faultsOf('BatchAnswer', body)]).toEqual([201, []])
    await stand.sign(id, [0], [1])
    expect(served.faultsOf('BatchAnswer', await program.state(id))).toEqual([])
    for (const how of ['', '?signatures=false']) {
      const { body: result } = await program.call('GET', `/api/v1/batches/${id}/result${how}`)
      expect(served.faultsOf('BatchResult', result)).toEqual([])
    }
    expect(served.faultsOf('Error', (await program.call('GET', '/api/v1/batches/NOBODY')).body)).toEqual([])
  })
})
