// A check of a scanner in lines for an operator at a terminal.

import type { Calibration, CalibrationRecord, CheckState } from '../calibration.ts'
import type { ItemName, JudgedItem } from '../image/target-judge.ts'

const meanings: Readonly<Record<ItemName, string>> = {
  resolutionFloor: 'missing of 200 pixels an inch (NTI Digitalización, IV.2)',
  scaleX: 'pixels an inch along the rows, off what was asked',
  scaleY: 'pixels an inch along the columns, off what was asked',
  aspect: 'rows against columns',
  orthogonality: 'angle of rows and columns, off a right one',
  skew: 'the sheet was fed askew by',
  distortion: 'largest distance of a mark from its place',
  sharpnessX: 'missing of the resolving power along the rows',
  sharpnessY: 'missing of the resolving power along the columns',
  registration: 'colours lie beside each other by',
  toneOrder: 'steps of grey that are not darker than the one before',
  gamma: 'tone curve, off the expected exponent',
  gray: 'largest difference of a grey',
  colour: 'mean difference of the colours',
  whiteBalance: 'largest tint of a light grey',
  noise: 'noise of bare paper',
  uniformity: 'lightest against darkest paper',
  clipping: 'of paper or ink at the end of the scale',
  streaks: 'deepest streak along the feed',
  driftScale: 'scale, since the accepted scan',
  driftSharpness: 'contrast lost since the accepted scan',
  driftGray: 'largest change of a grey since the accepted scan',
  driftColour: 'mean change of the colours since the accepted scan',
}

export function calibrationLines(record: CalibrationRecord, kept: boolean): readonly string[] {
  const { measurement, reference, comparedWithBaseline, baseline, items, verdict, askedPpi } = record
  const { geometry, resolution, turn, skewDegrees, streaks } = measurement
  const power = (['x', 'y'] as const).flatMap(axis => {
    const found = resolution[axis]
    if (found === null) return []
    const { mtf50, mtf10, effectivePpi } = found
    return [
      `resolving power ${axis}: MTF50 ${mtf50.toFixed(2)}, MTF10 ${mtf10.toFixed(2)} lp/mm, ${Math.round(effectivePpi)} ppi really`,
    ]
  })
  return [
    `${geometry.ppiX.toFixed(2)} × ${geometry.ppiY.toFixed(2)} ppi of ${askedPpi} asked; turned by ${turn}°, askew by ${skewDegrees.toFixed(2)}°, ${geometry.marksSeen} of ${geometry.marks} marks seen`,
    ...power,
    ...items.map(itemLine),
    ...streaks.map(
      ({ fromLeftMm, widthMm, depth }) =>
        `streak ${fromLeftMm.toFixed(1)} mm from the left, ${widthMm.toFixed(2)} mm wide, ${depth.toFixed(0)} levels: clean the glass of the feeder`,
    ),
    reference === 'nominal'
      ? 'greys and colours against the nominal ones: what the printer adds is in the difference, and nothing fails by it'
      : 'greys and colours against the values measured on the printed sheet',
    ...(comparedWithBaseline ? ['compared with the scan that was accepted before'] : []),
    ...(baseline ? ['accepted: later scans are compared with this one'] : []),
    `${verdict}${kept ? ', kept' : ', not kept'}`,
  ]
}

function itemLine({ item, verdict, value, unit, okUpTo, watchUpTo }: CalibrationRecord['items'][number]): string {
  const name = meanings[item as JudgedItem['item']] ?? item
  const shown = value === null ? 'not measured' : `${Number(value.toFixed(2))} ${unit}`
  const limits = watchUpTo === null ? `ok to ${okUpTo}` : `ok to ${okUpTo}, watch to ${watchUpTo}`
  return `${verdict.padEnd(5)}  ${name}: ${shown} (${limits})`
}

export function historyLine({ at, deviceId, model, source, askedPpi, verdict, baseline, items }: Calibration): string {
  const bad = items.filter(one => one.verdict !== 'ok').map(one => `${one.item} ${one.verdict}`)
  const notes = [...(baseline ? ['baseline'] : []), ...bad]
  const what = `${deviceId}${model === null ? '' : ` (${model})`}, ${source}, ${askedPpi} ppi`
  return `${at}  ${what}: ${verdict}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
}

/** For `status` and `doctor`. */
export function checkLine({ at, verdict, due }: CheckState): string {
  if (at === null) return 'never checked with the test target'
  return `checked ${at.slice(0, 10)}, ${verdict}${due ? '; the next check is due' : ''}`
}
