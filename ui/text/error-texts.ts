// The shape of what a person reads about a failure: one text for each code of the appliance.

import type { ErrorAnswer } from '../../device/http/view.ts'

export type ErrorCode = ErrorAnswer['code']

/** First line: what happened. Second line: what to do. */
export type ErrorTexts = Readonly<Record<`error.${ErrorCode}`, `${string}\n${string}`>>
