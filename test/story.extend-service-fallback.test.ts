// The extension service does not do it, or does it wrong, and the configuration has the kiosk do it itself then: the copy
// goes out at its level, and the audit trail says who raised it and why not the other.

import { describe, expect, it, onTestFinished } from 'vitest'
import { auditOf, reportOnReceived, signedForService, untilSent } from './extend.kit.ts'

describe('a kiosk that stands in for its extension service', () => {
  it.each([
    ['http-500', 'EXTENDER_UNAVAILABLE'],
    ['invalid-request', 'EXTENSION_REFUSED'],
    ['one-byte', 'EXTENSION_INVALID'],
  ] as const)('after %s', async (fault, code) => {
    const kiosk = await signedForService('local', fortress => fortress.fault(fault))
    onTestFinished(() => kiosk.stop())
    await untilSent(kiosk)
    expect(kiosk.site.receiver.received()).toMatchObject([{ metadata: { signatureLevel: 'LTA' } }])
    expect(await reportOnReceived(kiosk)).toMatchObject({
      indication: 'TOTAL-PASSED',
      signatures: [{ level: 'PAdES-BASELINE-LTA' }, {}, {}],
    })
    expect(await auditOf(kiosk, 'extended')).toMatchObject([
      { level: 'T', by: 'local', declined: code },
      { level: 'LTA', by: 'local' },
    ])
    // Who began goes on: the document was sent away once.
    expect(kiosk.fortress.asked('extend')).toBe(1)
    expect(kiosk.logged.some(line => line.includes('the extension service did not') && line.includes(code))).toBe(true)
  })
})
