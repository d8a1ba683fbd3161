// The state machine behind the signature: a copy goes up to the level that was ordered and is delivered only then.

import { describe, expect, it } from 'vitest'
import { blobNames } from '../device/document/document.ts'
import {
  at,
  blob,
  extended,
  extensionPostponed,
  moved,
  operatorHold,
  pending,
  sealed,
  sealPostponed,
  signedFor,
  stages,
} from './11.document.kit.ts'

describe('the way of a copy whose ordered level is above B', () => {
  const extending = stages.extending

  it('keeps the signed copy, its facts and the keys of its destinations while it waits', () => {
    expect(extending.stage).toMatchObject({
      copy: blob('signed'),
      signature: { level: 'B', signer: 'N', at },
      extension: { attempts: 0, nextAttemptAt: null, lastFault: null },
      deliveries: [{ idempotencyKey: 'k1' }, { idempotencyKey: 'k2' }],
    })
    expect(blobNames(extending)).toContain('signed')
  })

  it('goes up level by level, and is delivered at the ordered one only', () => {
    const stamped = moved(extending, extended('T'))
    expect(stamped.stage).toMatchObject({ name: 'extending', copy: blob('copy-T'), signature: { level: 'T' } })
    expect(blobNames(stamped)).not.toContain('signed')
    const archived = moved(stamped, extended('LTA'))
    expect(archived.stage).toEqual({
      name: 'delivering',
      approval: expect.anything(),
      copy: blob('copy-LTA'),
      signature: { signer: 'N', level: 'LTA', at, extendedAt: at, extendedBy: 'local' },
      deliveries: [
        expect.objectContaining({ idempotencyKey: 'k1', state: 'waiting', attempts: 0 }),
        expect.objectContaining({ idempotencyKey: 'k2' }),
      ],
    })
  })

  it('is done at once where nothing is delivered', () => {
    expect(moved(signedFor('stored', []), extended('T')).stage).toMatchObject({
      name: 'done',
      signature: { level: 'T' },
    })
  })

  it('never goes up twice, down, or above what was ordered', () => {
    const stamped = moved(extending, extended('T'))
    expect(() => moved(stamped, extended('T'))).toThrow('STAGE_CONFLICT')
    expect(() => moved(moved(extending, extended('LT')), extended('T'))).toThrow('STAGE_CONFLICT')
    expect(() => moved(signedFor('stored', []), extended('LT'))).toThrow('STAGE_CONFLICT')
  })

  it('counts failures until a level is reached, and keeps the copy over them', () => {
    const failed = moved(extending, extensionPostponed, extensionPostponed)
    expect(failed.stage).toMatchObject({
      name: 'extending',
      copy: blob('signed'),
      extension: { attempts: 2, nextAttemptAt: at, lastFault: { code: 'TSA_UNREACHABLE', detail: 'no answer', at } },
    })
    expect(moved(failed, extended('T')).stage).toMatchObject({ extension: { attempts: 0, lastFault: null } })
  })

  it('is tried at once when an operator says so, and still counts', () => {
    const resumed = moved(extending, extensionPostponed, operatorHold, { type: 'resumed' })
    expect(resumed).toMatchObject({ hold: null, stage: { extension: { attempts: 1, nextAttemptAt: null } } })
  })

  it('is thrown away by nobody but an operator, and only where it is held', () => {
    const byOperator = { type: 'discarded', reason: 'operator' } as const
    expect(() => moved(extending, byOperator)).toThrow('STAGE_CONFLICT')
    const held = moved(extending, operatorHold)
    for (const reason of ['person', 'idle'] as const) {
      expect(() => moved(held, { type: 'discarded', reason })).toThrow('STAGE_CONFLICT')
    }
    expect(moved(held, byOperator).stage).toEqual({ name: 'discarded', reason: 'operator' })
    expect(() => moved(stages.delivering, operatorHold, byOperator)).toThrow('STAGE_CONFLICT')
  })

  it('keeps what was under way when an operator held it, and goes no further', () => {
    const held = moved(extending, operatorHold, extended('T'), extended('LTA'))
    expect(held).toMatchObject({ hold: { code: 'HELD_BY_OPERATOR' }, stage: { name: 'delivering' } })
  })
})

describe('the way of a copy that a seal signs', () => {
  const { unsealed } = stages
  const intended = { type: 'signatureIntended', pending } as const

  it('waits with its deliveries, keeps what will be signed, and is delivered once it is sealed', () => {
    expect(unsealed.stage).toMatchObject({
      copy: blob('copy'),
      pending: null,
      sealing: { attempts: 0, nextAttemptAt: null, lastFault: null },
      signature: null,
      deliveries: [{ idempotencyKey: 'k1' }, { idempotencyKey: 'k2' }],
    })
    const waiting = moved(unsealed, intended)
    expect(blobNames(waiting)).toContain('update')
    const done = moved(waiting, sealed)
    expect(done.stage).toMatchObject({
      name: 'delivering',
      copy: blob('sealed'),
      signature: { signer: 'S', level: 'B', at },
      deliveries: [{ idempotencyKey: 'k1', state: 'waiting' }, { idempotencyKey: 'k2' }],
    })
    expect(blobNames(done)).not.toContain('update')
  })

  it('counts failures, keeps what will be signed over them, and tries at once when it is resumed', () => {
    const failed = moved(unsealed, intended, sealPostponed, sealPostponed)
    expect(failed.stage).toMatchObject({ pending, sealing: { attempts: 2, nextAttemptAt: at } })
    const resumed = moved(failed, operatorHold, { type: 'resumed' })
    expect(resumed.stage).toMatchObject({ pending, sealing: { attempts: 2, nextAttemptAt: null } })
  })

  it('stays held where an operator held it while it was sealed', () => {
    expect(moved(unsealed, operatorHold, intended, sealed)).toMatchObject({
      hold: { code: 'HELD_BY_OPERATOR' },
      stage: { name: 'delivering' },
    })
  })

  it('is not thrown away by whoever leaves, only by an operator where it is held', () => {
    expect(() => moved(unsealed, { type: 'discarded', reason: 'person' })).toThrow('STAGE_CONFLICT')
    expect(() => moved(unsealed, { type: 'discarded', reason: 'operator' })).toThrow('STAGE_CONFLICT')
    const held = moved(unsealed, operatorHold)
    expect(() => moved(held, { type: 'discarded', reason: 'idle' })).toThrow('STAGE_CONFLICT')
    expect(moved(held, { type: 'discarded', reason: 'operator' }).stage.name).toBe('discarded')
  })
})
