// The document's state machine: every way it may go, and that every other way is refused without altering anything.

import { describe, expect, it } from 'vitest'
import { blobNames, type DocumentEvent, keptPages } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'
import { Fault } from '../device/errors.ts'
import {
  approve,
  at,
  claveDropped,
  claveIntended,
  claveStarted,
  composed,
  delivered,
  extended,
  extensionPostponed,
  gathered,
  moved,
  opened,
  pagePrepared,
  pageStored,
  pending,
  pendingClave,
  sealed,
  sealPostponed,
  signed,
  stages,
} from './11.document.kit.ts'

describe('the way of a signed copy', () => {
  it.each(Object.entries(stages))('reaches %s', (name, document) => {
    expect(document.stage.name).toBe(name)
  })

  it('skips signing where the order wants none, and is done where nothing is delivered', () => {
    const plain = moved(
      opened('plain'),
      pageStored('a'),
      { type: 'approved', sourceNature: 'copy' },
      { ...composed, deliveryKeys: [] },
    )
    expect(plain.stage).toMatchObject({ name: 'done', signature: null, approval: { elaborationState: 'EE99' } })
  })

  it('is done only when every destination has given its receipt', () => {
    const one = moved(stages.delivering, delivered('one'))
    expect(one.stage.name).toBe('delivering')
    expect(() => moved(one, delivered('one'))).toThrow('STAGE_CONFLICT')
    expect(moved(one, delivered('two')).stage.name).toBe('done')
  })

  it('keeps key and count of a delivery over its failures', () => {
    const failed: DocumentEvent = {
      type: 'deliveryPostponed',
      destinationId: 'one',
      code: 'DESTINATION_BUSY',
      detail: '',
      nextAttemptAt: at,
    }
    const { stage } = moved(stages.delivering, failed, failed)
    expect(stage).toMatchObject({
      deliveries: [{ idempotencyKey: 'k1', attempts: 2, state: 'waiting', nextAttemptAt: at }, { attempts: 0 }],
    })
  })

  it('takes a refused delivery up again only when an operator asks', () => {
    const refused = moved(stages.delivering, {
      type: 'deliveryRefused',
      destinationId: 'one',
      code: 'DESTINATION_REFUSED',
      detail: '400',
    })
    expect(refused.stage).toMatchObject({ deliveries: [{ state: 'refused' }, { state: 'waiting' }] })
    expect(moved(refused, { type: 'deliveriesRetried' }).stage).toMatchObject({
      deliveries: [{ state: 'waiting', idempotencyKey: 'k1' }, {}],
    })
    // A host that is asked at once takes nothing up that was refused there, and makes due what waits.
    const later = { type: 'deliveryPostponed', code: 'DESTINATION_BUSY', detail: '', nextAttemptAt: at } as const
    const both = moved(refused, { ...later, destinationId: 'two' })
    const asked = { type: 'deliveriesRetried', destinationIds: ['one', 'two'] } as const
    expect(moved(both, asked).stage).toMatchObject({
      deliveries: [{ state: 'refused' }, { state: 'waiting', attempts: 1, nextAttemptAt: null }],
    })
    expect(moved(both, { ...asked, destinationIds: ['one'] }).stage).toMatchObject({
      deliveries: [{ state: 'refused' }, { state: 'waiting', nextAttemptAt: at }],
    })
  })

  it('goes back to the pages before anything is signed, never after', () => {
    expect(moved(stages.signing, { type: 'reopened' }).stage.name).toBe('gathering')
    expect(() => moved(stages.sealing, { type: 'reopened' })).toThrow('STAGE_CONFLICT')
    expect(moved(stages.sealing, { type: 'signatureDropped' }).stage.name).toBe('signing')
  })
})

describe('pages', () => {
  it('stay through a jam, and scanning goes on behind them', () => {
    const jammed = moved(opened(), { type: 'scanStarted' }, pageStored('a'), {
      type: 'scanFailed',
      code: 'SCANNER_JAM',
      detail: '',
    })
    expect(jammed).toMatchObject({ hold: { code: 'SCANNER_JAM', retry: 'person' }, stage: { scan: 'idle' } })
    const resumed = moved(jammed, { type: 'scanStarted' }, pageStored('b'), { type: 'scanEnded', end: 'empty' })
    expect(resumed.hold).toBeNull()
    expect(resumed.pages.map(page => page.id)).toEqual(['a', 'b'])
  })

  it('are deleted and restored without losing them, turned and put in another order', () => {
    const edited = moved(
      gathered,
      { type: 'pageDeleted', pageId: 'a' },
      { type: 'pageTurned', pageId: 'b', by: 270 },
      { type: 'pageTurned', pageId: 'b', by: 180 },
    )
    expect(keptPages(edited).map(page => page.id)).toEqual(['b'])
    expect(edited.pages[1]?.turn).toBe(90)
    expect(keptPages(moved(edited, { type: 'pageRestored', pageId: 'a' })).length).toBe(2)
    expect(moved(gathered, { type: 'pagesOrdered', pageIds: ['b', 'a'] }).pages.map(page => page.id)).toEqual([
      'b',
      'a',
    ])
  })

  it.each([[['a']], [['a', 'a']], [['a', 'b', 'c']], [['a', 'x']]])('refuse the order %j', pageIds => {
    expect(() => moved(gathered, { type: 'pagesOrdered', pageIds })).toThrow('REQUEST_INVALID')
  })

  it('must be there and usable to be approved', () => {
    expect(() => moved(opened(), approve)).toThrow('NO_PAGES')
    expect(() => moved(gathered, { type: 'pageUnusable', pageId: 'a', code: 'IMAGE_UNREADABLE' }, approve)).toThrow(
      'page 1',
    )
    expect(() => moved(gathered, { type: 'scanStarted' }, approve)).toThrow('STAGE_CONFLICT')
  })

  it('name the blobs that must be kept', () => {
    const prepared = moved(gathered, pagePrepared('a'))
    expect([...blobNames(prepared)].sort()).toEqual(['image-a', 'image-b', 'preview-a'])
    expect(blobNames(stages.sealing)).toContain('update')
    expect(blobNames(stages.delivering)).toContain('signed')
    expect(blobNames(stages.delivering)).not.toContain('update')
  })
})

describe('what the law asks', () => {
  it('gives a plain copy EE99 whatever else is declared', () => {
    const copy = moved(gathered, { type: 'approved', sourceNature: 'copy' })
    expect(copy.stage).toMatchObject({ approval: { elaborationState: 'EE99' } })
    expect(stages.composing.stage).toMatchObject({ approval: { elaborationState: 'EE03' } })
  })

  it('refuses a nature that the procedure does not take', () => {
    const plain = moved(opened('plain'), pageStored('a'))
    expect(() => moved(plain, approve)).toThrow('COPY_STATE_REFUSED')
  })
})

describe('every other event', () => {
  const events: readonly DocumentEvent[] = [
    { type: 'scanStarted' },
    pageStored('z'),
    { type: 'scanEnded', end: 'empty' },
    { type: 'scanFailed', code: 'SCANNER_JAM', detail: '' },
    { type: 'pageTurned', pageId: 'a', by: 90 },
    { type: 'pageDeleted', pageId: 'a' },
    { type: 'pageRestored', pageId: 'a' },
    { type: 'pagesOrdered', pageIds: ['a', 'b'] },
    approve,
    { type: 'reopened' },
    composed,
    { type: 'signatureIntended', pending },
    { type: 'signatureDropped' },
    claveIntended,
    claveStarted,
    claveDropped,
    signed,
    sealed,
    sealPostponed,
    extended('T'),
    extensionPostponed,
    delivered('one'),
    { type: 'deliveryPostponed', destinationId: 'one', code: 'DESTINATION_BUSY', detail: '', nextAttemptAt: at },
    { type: 'deliveryRefused', destinationId: 'one', code: 'DESTINATION_REFUSED', detail: '' },
    { type: 'deliveriesRetried' },
    { type: 'discarded', reason: 'person' },
    { type: 'erased' },
  ]
  const gatheringEvents = [
    'scanStarted',
    'pageStored',
    'scanEnded',
    'scanFailed',
    'pageTurned',
    'pageDeleted',
    'pageRestored',
    'pagesOrdered',
    'approved',
    'discarded',
  ]
  const deliveryEvents = ['delivered', 'deliveryPostponed', 'deliveryRefused', 'deliveriesRetried']
  const accepted: Readonly<Record<keyof typeof stages, readonly string[]>> = {
    gathering: gatheringEvents,
    composing: ['composed', 'reopened', 'discarded'],
    signing: ['signatureIntended', 'claveIntended', 'reopened', 'discarded'],
    sealing: ['signatureDropped', 'signed', 'discarded'],
    authorising: ['claveStarted', 'claveDropped', 'discarded'],
    unsealed: ['signatureIntended', 'sealed', 'sealPostponed'],
    extending: ['extended', 'extensionPostponed'],
    delivering: deliveryEvents,
    done: ['erased'],
    discarded: ['erased'],
  }

  it.each(Object.entries(stages))('at %s is refused and alters nothing', (name, document) => {
    const before = structuredClone(document)
    const taken = events.filter(event => {
      try {
        next(document, event, at)
        return true
      } catch (thrown) {
        if (thrown instanceof Fault) return false
        throw thrown
      }
    })
    expect(taken.map(event => event.type).sort()).toEqual([...accepted[name as keyof typeof stages]].sort())
    expect(document).toEqual(before)
  })
})

describe('a signature that a person makes elsewhere', () => {
  const away = next(stages.authorising, claveStarted, at)

  it('has one transaction at a time, and is signed only where somebody was sent away', () => {
    expect(() => next(away, claveStarted, at)).toThrow('STAGE_CONFLICT')
    expect(() => next(stages.authorising, signed, at)).toThrow('STAGE_CONFLICT')
    expect(next(away, signed, at).stage.name).toBe('delivering')
  })

  it('leaves nothing of the person’s number behind, whatever comes of it', () => {
    for (const event of [claveDropped, signed]) {
      expect(JSON.stringify(next(away, event, at))).not.toContain(pendingClave.subject)
    }
  })

  it('goes back to what it was when nothing came of it', () => {
    expect(next(away, claveDropped, at).stage).toEqual(stages.signing.stage)
    const told = next(away, { ...claveDropped, told: true }, at).stage
    expect(told).toEqual({ ...stages.signing.stage, refused: claveDropped.code })
  })
})
