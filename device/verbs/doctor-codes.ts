// What `doctor` finds odd about the codes of the configuration: those whose shape is right and whose digits or beginnings
// are not the known ones. And how far the clock can be trusted, which the evidence of every copy tells.

import type { Config } from '../config/config.ts'
import { type Checked, checkDir3, checkIne10, checkSia } from '../eni/codes.ts'
import type { ClockTrust } from '../ports.ts'

/** Each with its path; empty where nothing is odd. */
export function codeWarnings({ body, procedures }: Pick<Config, 'body' | 'procedures'>): readonly string[] {
  const checked: (readonly [string, Checked])[] = [
    ['body.ine10', checkIne10(body.ine10)],
    ['body.dir3', checkDir3(body.dir3)],
  ]
  procedures.forEach(({ document: { organ, sia } }, i) => {
    if (organ !== undefined) checked.push([`procedures.${i}.document.organ`, checkDir3(organ)])
    if (sia !== undefined) checked.push([`procedures.${i}.document.sia`, checkSia(sia)])
  })
  return checked.flatMap(([path, one]) => {
    const said = 'fault' in one ? one.fault : one.warning
    return said === undefined ? [] : [`${path}: ${said}`]
  })
}

/** In words. */
export function clockLine(trust: ClockTrust): string {
  return trust.source === 'unknown'
    ? 'no time service is seen to set it'
    : `set by ${trust.service}, last at ${trust.at}`
}
