// What a page is told of each failure, in both generations of codes, and the session's steps that no socket shows.

import { describe, expect, it } from 'vitest'
import { errorAnswer } from '../device/afirma/answers.ts'
import { afirmaErrorOf, type OperationKind, toldCodes } from '../device/afirma/errors.ts'
import type { Launch } from '../device/afirma/launch.ts'
import type { Message } from '../device/afirma/message.ts'
import { Refusal, refusalTable } from '../device/afirma/refusal.ts'
import { nextOf, type SessionState, startOf } from '../device/afirma/session.ts'
import { type ErrorCode, errorCodes, Fault } from '../device/errors.ts'

const told = (code: ErrorCode, kind: OperationKind, version: '4' | '4.1') =>
  errorAnswer(afirmaErrorOf(new Fault(code, 'a detail'), kind), version)
const kinds = ['sign', 'batch', 'certificate', 'save', 'load', 'log'] as const

describe('a failure', () => {
  it.each<[ErrorCode, OperationKind, string, string]>([
    ['REQUEST_DECLINED', 'sign', 'AF500001', 'CANCEL'],
    ['REQUEST_DECLINED', 'load', 'AF500001', 'CANCEL'],
    ['CERTIFICATE_NOT_FITTING', 'sign', 'AF501001', 'SAF_19'],
    ['CERTIFICATE_NOT_FITTING', 'certificate', 'AF502001', 'SAF_19'],
    ['CERTIFICATE_NOT_FITTING', 'batch', 'AF504001', 'SAF_19'],
    ['TOKEN_ABSENT', 'sign', 'AF201101', 'SAF_08'],
    ['TOKEN_REMOVED', 'batch', 'AF200108', 'SAF_08'],
    ['PIN_WRONG', 'sign', 'AF501003', 'SAF_08'],
    ['PIN_LOCKED', 'sign', 'AF511004', 'SAF_52'],
    ['KEY_REFUSED', 'sign', 'AF200110', 'SAF_51'],
    ['SIGNATURE_FORMAT_REFUSED', 'sign', 'AF600105', 'SAF_06'],
    ['ALGORITHM_REFUSED', 'sign', 'AF600107', 'SAF_03'],
    ['PDF_UNREADABLE', 'sign', 'AF510005', 'SAF_28'],
    ['PDF_CERTIFIED', 'sign', 'AF212007', 'SAF_35'],
    ['PASSWORD_WRONG', 'sign', 'AF212004', 'SAF_33'],
    ['XML_UNREADABLE', 'sign', 'AF510002', 'SAF_29'],
    ['SIGNATURE_BROKEN', 'sign', 'AF500002', 'SAF_39'],
    ['BATCH_INVALID', 'batch', 'AF600419', 'SAF_03'],
    ['BATCH_TOO_LARGE', 'batch', 'AF501005', 'SAF_03'],
    ['BATCH_SERVICE_FAILED', 'batch', 'AF300601', 'SAF_27'],
    ['REFERENCE_REFUSED', 'sign', 'AF600117', 'SAF_13'],
    ['REFERENCE_REFUSED', 'batch', 'AF600414', 'SAF_13'],
    ['REFERENCE_REFUSED', 'save', 'AF200301', 'SAF_05'],
    ['REFERENCE_REFUSED', 'load', 'AF200601', 'SAF_25'],
    ['OUTPUT_UNWRITABLE', 'save', 'AF200301', 'SAF_05'],
    ['FILE_UNREADABLE', 'load', 'AF200601', 'SAF_25'],
    ['KIOSK_BUSY', 'sign', 'AF220001', 'SAF_45'],
    ['MESSAGE_TOO_LARGE', 'sign', 'AF501005', 'SAF_03'],
    ['INTERNAL', 'sign', 'AF200115', 'SAF_09'],
    ['INTERNAL', 'batch', 'AF200413', 'SAF_27'],
    ['INTERNAL', 'certificate', 'AF200201', 'SAF_08'],
    ['INTERNAL', 'save', 'AF200305', 'SAF_05'],
    ['INTERNAL', 'load', 'AF200600', 'SAF_25'],
  ])('%s in %s is %s, before 4.1 %s', (code, kind, af, saf) => {
    expect(told(code, kind, '4.1')).toContain(`:=${af} - `)
    expect(told(code, kind, '4').split(': ')[0]).toBe(saf)
  })

  it('of any code is told in the form that the script takes apart, without our detail', () => {
    for (const code of errorCodes)
      for (const kind of kinds) {
        const cancels = code === 'REQUEST_DECLINED' || code === 'INTERRUPTED'
        expect(told(code, kind, '4.1')).toMatch(cancels ? /^err-11:=AF500001 - \S/ : /^err-00:=AF[1-6]\d{5} - \p{Lu}/u)
        expect(told(code, kind, '4')).toMatch(cancels ? /^CANCEL$/ : /^SAF_\d\d: \p{Lu}/u)
        expect(told(code, kind, '4.1')).not.toContain('detail')
      }
  })

  it('that a page can cause or a person can mend has a row of its own', () => {
    const apart = ['TARGET', 'SCAN', 'FEEDER', 'IMAGE', 'PAGE', 'COPY', 'NO_PAGES'] as const
    const expected = errorCodes.filter(code => /^(TOKEN|PIN|CERTIFICATE|PDF|XML|CMS|REFERENCE)_/.test(code))
    expect(expected.filter(code => !toldCodes.includes(code))).toEqual([])
    expect(toldCodes.filter(code => apart.some(one => code.startsWith(one)))).toEqual([])
  })

  it('of reading is told by its own row, whatever the operation', () => {
    expect(afirmaErrorOf(new Refusal('dataBroken', ''), 'batch')).toBe(refusalTable.dataBroken)
  })
})

describe('a session', () => {
  const launch: Launch = { ports: [50_000], version: '4.1', sessionId: 'abc' }
  const operation: Message = { kind: 'operation', name: 'sign', parameters: new Map(), sessionId: 'abc' }
  const result: Message = { kind: 'result', sessionId: 'abc' }
  const idle: SessionState = { at: 'idle', until: 100 }
  const answered: SessionState = { at: 'answered', answer: 'x|y', until: 100 }
  const step = (state: SessionState, event: object) => nextOf(launch, state, { now: 10, ...event } as never)

  it('hands an answer over once', () => {
    const first = step(answered, { type: 'message', message: result })
    expect(first.effects).toEqual([{ do: 'reply', text: 'x|y' }])
    expect(step(first.state, { type: 'message', message: result }).effects).toEqual([{ do: 'reply', text: '#wait' }])
  })

  it('forgets an answer that nobody fetched when the page asks for something else', () => {
    expect(step(answered, { type: 'message', message: operation }).state).toEqual({ at: 'working' })
  })

  it('ends only when its time is over', () => {
    expect(step(idle, { type: 'late', now: 99 }).state).toBe(idle)
    expect(step(idle, { type: 'late', now: 100 })).toEqual({ state: { at: 'over' }, effects: [{ do: 'end' }] })
    expect(step({ at: 'working' }, { type: 'late', now: 1e15 }).state).toEqual({ at: 'working' })
  })

  it('does nothing any more when it is over', () => {
    for (const event of [
      { type: 'message', message: operation },
      { type: 'finished', answer: 'x' },
      { type: 'disconnected' },
      { type: 'connected' },
    ])
      expect(step({ at: 'over' }, event)).toEqual({ state: { at: 'over' }, effects: [] })
  })

  it('aborts what goes on when the page goes, and nothing else', () => {
    const gone = { type: 'disconnected' }
    expect(step({ at: 'working' }, gone).effects).toEqual([{ do: 'abort' }, { do: 'end' }])
    expect(step(idle, gone).effects).toEqual([{ do: 'end' }])
    expect(step(startOf(0), gone).effects).toEqual([{ do: 'end' }])
  })

  it('takes no late result for that of the next operation', () => {
    expect(step(idle, { type: 'finished', answer: 'late' })).toEqual({ state: idle, effects: [] })
  })
})
