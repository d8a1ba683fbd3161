// The signing desk in the moments that a real card is too slow for: what ends while a PIN is checked, while the reader is looked
// at, and in the same instant as the last signature.

import { describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { Fault } from '../device/errors.ts'
import type { SessionOutcome, Signer, SigningCertificate, Token } from '../device/ports.ts'
import type { Errand, ErrandEnd } from '../device/requests/errand.ts'
import { createSigningDesk } from '../device/requests/signing-desk.ts'
import { now } from './50.signature.kit.ts'
import { logInto } from './95.afirma.desk.ts'
import { createTestPki } from './sim/pki.ts'

const config = parseConfig({
  body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
  procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
})
const token: Token = { id: 'card', label: 'Card', pinTries: 'unknown' }
const { certificate, chain } = await (await createTestPki({ now })).signer()
const onCard: SigningCertificate = { tokenId: 'card', keyId: '01', certificate, chain }
const settled = () => new Promise(resolve => setTimeout(resolve, 5))

/** A signer whose every answer a test gives. */
function stand() {
  const looks: ((tokens: readonly Token[]) => void)[] = []
  const openings: { answer(outcome: SessionOutcome): void; fail(thrown: unknown): void }[] = []
  let closed = 0
  const session: SessionOutcome = {
    outcome: 'open',
    session: {
      concurrency: 1,
      pinEachTime: false,
      sign: async () => ({ outcome: 'signed', signature: Uint8Array.of(1) }),
      close: async () => {
        closed += 1
      },
    },
  }
  const signer: Signer = {
    tokens: () => new Promise(resolve => looks.push(resolve)),
    certificates: async () => [onCard],
    sign: () => Promise.reject(new Error('not in a session')),
    open: () => new Promise((answer, fail) => openings.push({ answer, fail })),
  }
  let ids = 0
  const clock = { now: () => now, sleep: () => new Promise<void>(() => undefined) }
  const desk = createSigningDesk({
    config,
    signer,
    clock,
    log: logInto([]),
    newId: () => String(++ids),
    copyInHand: () => false,
    screenUrl: () => 'http://127.0.0.1/',
  })
  return { desk, looks, openings, session, closed: () => closed }
}

function errand(over: Partial<Errand> = {}): Errand & { readonly ends: ErrandEnd[] } {
  const ends: ErrandEnd[] = []
  return {
    asker: { kind: 'page', name: 'sede.example.cat' },
    operation: 'sign',
    documents: [],
    total: 1,
    preparedElsewhere: false,
    files: [],
    several: false,
    work: { kind: 'sign', fitting: all => all, sign: async () => undefined },
    ended: end => void ends.push(end),
    ...over,
    ends,
  }
}

async function atCard({ desk, looks }: ReturnType<typeof stand>): Promise<void> {
  desk.accept()
  await settled()
  looks.at(-1)?.([token])
  await settled()
  expect(desk.view()?.card).toMatchObject({ state: 'present' })
}

describe('a PIN that is being checked', () => {
  it('signs nothing where the person refuses meanwhile', async () => {
    const made = stand()
    let signed = 0
    const sign = async () => {
      signed += 1
    }
    const wanted = errand({ work: { kind: 'sign', fitting: all => all, sign } })
    made.desk.begin(wanted)
    await atCard(made)
    const answer = made.desk.sign('card', '01', Buffer.from('1')).catch((thrown: Fault) => thrown.code)
    await settled()
    made.desk.refuse()
    made.openings[0]?.answer(made.session)
    expect([await answer, signed, made.closed(), made.desk.view()]).toEqual(['STAGE_CONFLICT', 0, 1, null])
    expect(wanted.ends).toEqual([{ end: 'refused' }])
  })

  it('and breaks off leaves the card to be looked at again', async () => {
    const made = stand()
    made.desk.begin(errand())
    await atCard(made)
    const answer = made.desk.sign('card', '01', Buffer.from('1')).catch((thrown: Fault) => thrown.code)
    await settled()
    expect(made.desk.view()?.card).toEqual({ state: 'signing' })
    made.openings[0]?.fail(new Fault('TOKEN_MODULE_FAILED', 'no module'))
    expect([await answer, made.desk.view()?.card]).toEqual(['TOKEN_MODULE_FAILED', null])
    await settled()
    made.looks.at(-1)?.([token])
    await settled()
    expect(made.desk.view()?.card).toMatchObject({ state: 'present' })
  })
})

describe('whoever asked', () => {
  it('and has gone before it was put before the person is not put there', () => {
    const { desk } = stand()
    const gone = new Fault('INTERRUPTED', 'gone')
    expect(() => desk.begin(errand(), AbortSignal.abort(gone))).toThrow(gone)
    expect(desk.view()).toBeNull()
  })

  it('and goes in the instant of the last signature gets nothing', async () => {
    const made = stand()
    const page = new AbortController()
    const wanted = errand({ work: { kind: 'sign', fitting: all => all, sign: async () => page.abort() } })
    made.desk.begin(wanted, page.signal)
    await atCard(made)
    const answer = made.desk.sign('card', '01', Buffer.from('1'))
    await settled()
    made.openings[0]?.answer(made.session)
    await answer
    await settled()
    expect(wanted.ends).toEqual([{ end: 'gone' }])
    expect(made.desk.view()).toMatchObject({ stage: 'finished', fault: 'PAGE_GONE' })
  })

  it('is told one end, whatever comes after it', async () => {
    const made = stand()
    const page = new AbortController()
    const wanted = errand()
    made.desk.begin(wanted, page.signal)
    made.desk.refuse()
    page.abort()
    await made.desk.end()
    expect(wanted.ends).toEqual([{ end: 'refused' }])
  })
})

describe('a look at the reader', () => {
  it('that ends after its request shows the next one nothing', async () => {
    const made = stand()
    made.desk.begin(errand())
    made.desk.accept()
    await settled()
    made.desk.refuse()
    made.looks[0]?.([token])
    await settled()
    made.desk.begin(errand({ work: { kind: 'sign', fitting: () => [], sign: async () => undefined } }))
    made.desk.accept()
    expect(made.desk.view()?.card).toBeNull()
    await expect(made.desk.sign('card', '01', Buffer.from('1'))).rejects.toMatchObject({ code: 'TOKEN_ABSENT' })
  })
})
