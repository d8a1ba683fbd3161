// The words and signs for what a check of a scanner found. A sign never stands without its word.

import type { CheckTopic, CheckVerdict } from '../device/http/view-maintenance.ts'
import type { IconName } from './parts/icon.tsx'
import type { TextKey } from './text/texts.ts'

export const verdictTexts: Readonly<Record<CheckVerdict, TextKey>> = {
  ok: 'verdict.ok',
  watch: 'verdict.watch',
  fail: 'verdict.fail',
}

export const verdictIcons: Readonly<Record<CheckVerdict, IconName>> = { ok: 'check', watch: 'watch', fail: 'bad' }

export const resultTexts: Readonly<Record<CheckVerdict, TextKey>> = {
  ok: 'checked.ok',
  watch: 'checked.watch',
  fail: 'checked.fail',
}

/** What was looked at, and what helps where it is not good. */
export const topicTexts: Readonly<Record<CheckTopic, { readonly name: TextKey; readonly advice: TextKey }>> = {
  resolution: { name: 'topic.resolution', advice: 'advice.resolution' },
  geometry: { name: 'topic.geometry', advice: 'advice.geometry' },
  gray: { name: 'topic.gray', advice: 'advice.gray' },
  colour: { name: 'topic.colour', advice: 'advice.colour' },
  streaks: { name: 'topic.streaks', advice: 'advice.streaks' },
  drift: { name: 'topic.drift', advice: 'advice.drift' },
}
