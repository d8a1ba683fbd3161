// What eSCL devices say of themselves in every shape that is known, recorded ones of real models included, and what is
// made of it: a plan that asks for exactly what was wanted, or a refusal that says what the device offers.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ScanSettings } from '../device/ports.ts'
import { decodeCapabilities, type EsclCapabilities } from '../drivers/scanner/escl-capabilities.ts'
import { type EsclPlan, encodeScanSettings, planScan } from '../drivers/scanner/escl-settings.ts'
import { readXml, textOf } from '../drivers/scanner/xml.ts'
import { sheetSettings } from './30.scan.setup.ts'
import { capabilitiesXml } from './sim/escl-documents.ts'

const recordings = join(import.meta.dirname, 'recordings/escl')
const recorded = (name: string) => decodeCapabilities(readFileSync(join(recordings, `${name}.xml`)))

/** The plan for such a scan, or the words of its refusal. */
function planned(capabilities: EsclCapabilities, changes: Partial<ScanSettings>, maxResolution?: number) {
  const limits = maxResolution === undefined ? {} : { maxResolution }
  const planning = planScan(capabilities, { ...sheetSettings, resolution: 300, ...changes }, limits)
  if ('plan' in planning) return planning.plan
  expect(planning.refused.code).toBe('SCAN_SETTING_REFUSED')
  return planning.refused.detail
}

describe('recorded capabilities of', () => {
  type Expected = Partial<EsclPlan> | string
  const models: Readonly<Record<string, readonly (readonly [Partial<ScanSettings>, Expected])[]>> = {
    'hp-scanjet-pro-4500-fn1': [
      [
        { duplex: true },
        { duplex: true, colourMode: 'RGB24', formatExt: true, compressionFactor: 0, intent: 'Document' },
      ],
      [
        { resolution: 500, colour: 'gray' },
        { resolution: 500, colourMode: 'Grayscale8' },
      ],
      [
        { resolution: 1200 },
        'no resolution of 1200 ppi; in RGB24 the scanner offers 75, 150, 200, 240, 300, 400, 500, 600',
      ],
      [
        { resolution: 1200, source: 'flatbed' },
        { resolution: 1200, source: 'flatbed' },
      ],
    ],
    'hp-smart-tank-plus-570': [
      [{}, { duplex: false, compressionFactor: undefined, width: 2480, height: 3508 }],
      [{ duplex: true }, 'the scanner has no two-sided feeder'],
      [{ resolution: 600 }, 'no resolution of 600 ppi; in RGB24 the scanner offers 75, 100, 150, 200, 300'],
    ],
    'xerox-b235': [
      [{ colour: 'bw' }, { colourMode: 'Grayscale8', compressionFactor: 5 }],
      [{ paper: 'A5' }, { width: 1748, height: 2480 }],
      [{ paper: 'A3' }, 'A3 is larger than the scanner takes (at most 215 × 355 mm)'],
    ],
    'kyocera-ecosys-m2040dn': [
      [{ duplex: true }, { duplex: true, formatExt: false, intent: 'Document', compressionFactor: 1 }],
      [{ resolution: 100 }, 'no resolution of 100 ppi; in RGB24 the scanner offers 200, 300, 400, 600'],
    ],
    'canon-d570': [
      [{}, 'the scanner has no feeder'],
      [{ source: 'flatbed' }, { source: 'flatbed', duplex: false, formatExt: true }],
      [{ source: 'flatbed', resolution: 200 }, 'no resolution of 200 ppi; in RGB24 the scanner offers 75, 150, 300'],
    ],
    'canon-ts5300': [
      [
        { source: 'flatbed', resolution: 200 },
        { resolution: 200, colourMode: 'RGB24' },
      ],
    ],
    'brother-ds-940dw': [
      [{ source: 'flatbed' }, 'the scanner has no flatbed'],
      [{ duplex: true }, { duplex: true, documentFormat: 'image/jpeg', formatExt: false }],
    ],
    'hp-officejet-6600': [[{}, 'the scanner speaks eSCL 1.0, not 2.0']],
    'airsane-canon-lide-20': [
      [
        { source: 'flatbed', resolution: 301 },
        { resolution: 301, intent: undefined },
      ],
      [{ source: 'flatbed', resolution: 1201 }, 'no resolution of 1201 ppi; in RGB24 the scanner offers 50 to 1200'],
    ],
  }

  test('every model are expected', () => {
    const files = readdirSync(recordings).filter(name => name.endsWith('.xml'))
    expect(files.map(name => name.slice(0, -4)).sort()).toEqual(Object.keys(models).sort())
  })

  test.each(Object.entries(models).flatMap(([model, cases]) => cases.map(one => [model, ...one] as const)))(
    '%s, asked for %j',
    (model, changes, expected) => {
      const outcome = planned(recorded(model), changes)
      if (typeof expected === 'string') expect(outcome).toBe(expected)
      else expect(outcome).toMatchObject(expected)
    },
  )

  test('all have a name, and those that tell have UUID, serial number and sensor', () => {
    expect(recorded('xerox-b235')).toMatchObject({
      makeAndModel: 'Xerox(R) B235 MFP',
      manufacturer: 'Xerox',
      uuid: '00000000-0000-4000-8000-000000000003',
      serialNumber: 'XRX000001',
      detectsPaper: true,
    })
    expect(recorded('canon-d570')).not.toHaveProperty('detectsPaper')
    expect(recorded('airsane-canon-lide-20')).not.toHaveProperty('serialNumber')
  })
})

describe('capabilities', () => {
  const feeder = (inner: string, behind = '') =>
    decodeCapabilities(
      `<ScannerCapabilities><MakeAndModel>M</MakeAndModel><Adf><AdfSimplexInputCaps>${inner}</AdfSimplexInputCaps>${behind}</Adf></ScannerCapabilities>`,
    )
  const modes = (...names: readonly string[]) =>
    `<ColorModes>${names.map(name => `<ColorMode>${name}</ColorMode>`).join('')}</ColorModes>`
  const list = (...pairs: readonly (readonly [number, number])[]) =>
    `<DiscreteResolutions>${pairs.map(([x, y]) => `<DiscreteResolution><XResolution>${x}</XResolution><YResolution>${y}</YResolution></DiscreteResolution>`).join('')}</DiscreteResolutions>`
  const axis = (name: string, min: number, max: number, step?: number) =>
    `<${name}><Min>${min}</Min><Max>${max}</Max>${step === undefined ? '' : `<Step>${step}</Step>`}</${name}>`
  const range = (x: readonly [number, number, number?], y: readonly [number, number, number?]) =>
    `<ResolutionRange>${axis('XResolutionRange', ...x)}${axis('YResolutionRange', ...y)}</ResolutionRange>`
  const supported = (...inner: readonly string[]) => `<SupportedResolutions>${inner.join('')}</SupportedResolutions>`
  const profile = (...inner: readonly string[]) => `<SettingProfile>${inner.join('')}</SettingProfile>`
  const profiles = (...inner: readonly string[]) => `<SettingProfiles>${inner.join('')}</SettingProfiles>`
  const rgb = (...resolutions: readonly string[]) => profiles(profile(modes('RGB24'), supported(...resolutions)))
  const resolution = (capabilities: EsclCapabilities, wanted: number, colour: ScanSettings['colour'] = 'color') => {
    const plan = planned(capabilities, { resolution: wanted, colour })
    return typeof plan === 'string' ? plan.replace(/^.* the scanner offers /, '') : plan.resolution
  }

  test('that say nothing of profiles, formats, modes, sizes and resolutions stand for what every scanner can', () => {
    expect(planned(feeder(''), {})).toMatchObject({ colourMode: 'RGB24', documentFormat: 'image/jpeg', width: 2480 })
    expect(resolution(feeder(''), 200)).toBe('300')
  })

  test('with a list whose axes differ offer only what both axes have', () => {
    const capabilities = feeder(rgb(list([200, 100], [200, 200], [300, 600])))
    expect([resolution(capabilities, 200), resolution(capabilities, 300)]).toEqual([200, '200'])
  })

  test.each([
    [[100, 600, 100], [100, 300, 100], 300, 300],
    [[100, 600, 100], [100, 300, 100], 400, '100 to 300 in steps of 100'],
    [[100, 600, 100], [100, 600, 150], 400, 400],
    [[100, 600, 100], [100, 600, 150], 300, '100 to 600 in steps of 300'],
    [[75, 600], [75, 600], 287, 287],
    [[100, 600, 2], [101, 600, 2], 300, 'none'],
    [[600, 100], [600, 100], 300, 'none'],
  ] as const)('with ranges %j and %j, asked for %i ppi, give %j', (x, y, wanted, expected) => {
    expect(resolution(feeder(rgb(range([...x], [...y]))), wanted)).toBe(expected)
  })

  test('with ranges that would take for ever to bring together offer nothing, at once', () => {
    const started = performance.now()
    const hostile = rgb(range([1, 999_999_999, 999_999_937], [2, 999_999_999, 999_999_929]))
    expect(resolution(feeder(hostile), 300)).toBe('none')
    expect(performance.now() - started).toBeLessThan(200)
  })

  test('with a list and a range mean the list', () => {
    const both = feeder(rgb(list([200, 200]), range([50, 600], [50, 600])))
    expect([resolution(both, 200), resolution(both, 300)]).toEqual([200, '200'])
  })

  test('with a resolution that only grey has do not turn colour into grey', () => {
    const byMode = feeder(
      profiles(
        profile(
          modes('RGB24', 'Grayscale8'),
          supported('<ColorMode>RGB24</ColorMode>', list([300, 300])),
          supported('<ColorMode>Grayscale8</ColorMode>', list([300, 300], [600, 600])),
        ),
      ),
    )
    expect([resolution(byMode, 600), resolution(byMode, 600, 'gray')]).toEqual(['300', 600])
    const byProfile = feeder(
      profiles(
        profile(modes('RGB24'), supported(list([300, 300]))),
        profile(modes('Grayscale8'), supported(list([600, 600]))),
      ),
    )
    expect([resolution(byProfile, 600), resolution(byProfile, 600, 'gray')]).toEqual(['300', 600])
  })

  test('whose profile is given elsewhere, by name', () => {
    const elsewhere = decodeCapabilities(
      `<ScannerCapabilities><SettingProfiles><SettingProfile name="p1">${modes('Grayscale8')}${supported(list([240, 240]))}</SettingProfile></SettingProfiles>
<Adf><AdfDuplexInputCaps><SettingProfiles><SettingProfile ref="p1"/></SettingProfiles></AdfDuplexInputCaps></Adf></ScannerCapabilities>`,
    )
    // A feeder that only tells of two sides can also do one.
    for (const duplex of [true, false]) {
      expect(planned(elsewhere, { resolution: 240, duplex })).toMatchObject({ colourMode: 'Grayscale8', duplex })
    }
  })

  test('that tell of two sides in an option alone have them', () => {
    const option = '<AdfOptions><AdfOption>Duplex</AdfOption></AdfOptions>'
    expect(planned(feeder('', option), { duplex: true })).toMatchObject({ duplex: true })
    expect(feeder('', option).detectsPaper).toBe(false)
    expect(planned(feeder(''), { duplex: true })).toBe('the scanner has no two-sided feeder')
  })

  test('in the words of eSCL 2.0 and of 2.1 get their own words back', () => {
    const formats = (inner: string) =>
      feeder(profiles(profile(modes('RGB24'), `<DocumentFormats>${inner}</DocumentFormats>`)))
    const old = formats('<DocumentFormat>image/jpeg</DocumentFormat>')
    const both = formats(
      '<DocumentFormat>application/pdf</DocumentFormat><DocumentFormatExt>image/jpeg</DocumentFormatExt>',
    )
    const pdf = formats('<DocumentFormatExt>application/pdf</DocumentFormatExt>')
    expect([planned(old, {}), planned(both, {})]).toMatchObject([{ formatExt: false }, { formatExt: true }])
    expect(planned(pdf, {})).toBe('the scanner offers no JPEG, but application/pdf')
  })

  test('without colour and grey of eight bits are refused', () => {
    const oneBit = feeder(profiles(profile(modes('BlackAndWhite1', 'RGB48'))))
    for (const colour of ['color', 'bw'] as const) {
      expect(planned(oneBit, { colour })).toBe('the scanner offers neither colour nor grey, but BlackAndWhite1, RGB48')
    }
  })

  test('with sizes between the sheet and three millimetres less give way, and with more do not', () => {
    const sized = (width: number, height: number) =>
      feeder(`<MaxWidth>${width}</MaxWidth><MaxHeight>${height}</MaxHeight>`)
    expect(planned(sized(2480, 3480), {})).toMatchObject({ height: 3480 })
    expect(planned(sized(2460, 3508), {})).toMatchObject({ width: 2460, height: 3508 })
    expect(planned(sized(2480, 3450), {})).toBe('A4 is larger than the scanner takes (at most 209 × 292 mm)')
    expect(planned(sized(0, 0), {})).toMatchObject({ width: 2480, height: 3508 })
    const wide = feeder('<MinWidth>2000</MinWidth><MaxWidth>2550</MaxWidth>')
    expect(planned(wide, { paper: 'A5' })).toMatchObject({ width: 2000, height: 2480 })
    expect(planned(wide, { paper: 'auto' })).toMatchObject({ width: 2550, height: 3508 })
    expect(planned(sized(3600, 5100), { paper: 'auto' })).toMatchObject({ width: 3600, height: 5100 })
    expect(planned(sized(2600, 33_000), { paper: 'auto' })).toMatchObject({ width: 2600, height: 7087 })
  })

  test('that promise more than the model can do', () => {
    const promising = feeder(rgb(list([300, 300], [600, 600])))
    expect(planned(promising, { resolution: 600 }, 300)).toBe(
      'no resolution of 600 ppi; in RGB24 the scanner offers 300',
    )
  })

  test.each(['<x/>', '<html><body>Log in</body></html>'])('that are %s are none', document => {
    expect(() => decodeCapabilities(document)).toThrow(/SCANNER_FAILED.* instead of its ScannerCapabilities/)
  })

  test('of hostile names come as one short line', () => {
    const { makeAndModel } = decodeCapabilities(
      `<ScannerCapabilities><MakeAndModel>A\u009b31mB\nC\u202e${'x'.repeat(500)}</MakeAndModel></ScannerCapabilities>`,
    )
    expect(makeAndModel).toMatch(/^A 31mB C x{90,}$/)
    expect(makeAndModel.length).toBe(100)
  })
})

test('a ticket has its elements in the order that scanners accept, the least compression, and leaves the rest alone', () => {
  const capabilities = decodeCapabilities(capabilitiesXml({ compression: [2, 9] }))
  const plan = planned(capabilities, { duplex: true })
  if (typeof plan === 'string') throw new Error(plan)
  const ticket = readXml(encodeScanSettings(plan))
  expect(ticket.children.map(({ name }) => name)).toEqual([
    'Version',
    'Intent',
    'ScanRegions',
    'InputSource',
    'CompressionFactor',
    'ColorMode',
    'DocumentFormat',
    'DocumentFormatExt',
    'XResolution',
    'YResolution',
    'Duplex',
  ])
  expect(textOf(ticket, 'CompressionFactor')).toBe('2')
  expect(textOf(ticket, 'ScanRegions', 'ScanRegion', 'Width')).toBe('2480')
})
