// The target imaging port over the channel to the parse worker. What comes back is checked against its shape.

import Type from 'typebox'
import { targetMeasurement } from '../../device/image/target-measurement.ts'
import type { ByteStream, TargetImaging } from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import { answerOf, withSignal } from './remote.ts'
import { checked } from './shapes.ts'

const targetReading = Type.Object(
  {
    measurement: targetMeasurement,
    headerPpi: Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 100_000 }), Type.Null()]),
  },
  { additionalProperties: false },
)

/** A TargetImaging in the parse worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteTarget(channel: PortChannel): TargetImaging {
  return Object.freeze({
    measure: (image: ByteStream, signal?: AbortSignal) => {
      const asked = channel.call('measureTarget', null, { ...withSignal(signal), input: image })
      return answerOf(channel, asked, answer => checked(targetReading, answer, 'target'))
    },
  })
}
