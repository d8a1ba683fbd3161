// The command line's way to the running appliance: one request over its socket file.

import { request } from 'node:http'
import { Fault, isErrorCode } from '../errors.ts'

const answerTimeoutMs = 10_000

/** The parsed answer to a request, with `body` as JSON where there is one; throws the appliance's own fault, or APPLIANCE_ABSENT when none runs on that data folder. */
export function askAppliance(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  timeout = answerTimeoutMs,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const call = request({ socketPath, method, path, headers, timeout }, async answer => {
    try {
      let text = ''
      for await (const chunk of answer) text += String(chunk)
      const body: unknown = JSON.parse(text)
      if (answer.statusCode === 200) resolve(body)
      else reject(faultIn(body))
    } catch (thrown) {
      reject(thrown)
    }
  })
  call.on('timeout', () => call.destroy(new Fault('APPLIANCE_ABSENT', 'the appliance does not answer')))
  call.on('error', cause =>
    reject(
      cause instanceof Fault
        ? cause
        : new Fault('APPLIANCE_ABSENT', 'no appliance runs on this data folder', { cause }),
    ),
  )
  call.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

function faultIn(body: unknown): Fault {
  if (typeof body === 'object' && body !== null && 'code' in body && isErrorCode(body.code)) {
    return new Fault(body.code, 'detail' in body ? String(body.detail) : '')
  }
  return new Fault('INTERNAL', 'the appliance gave an answer that is not understood')
}
