// Turns: who asks first has it first, and who goes away holds up nobody.

import { setImmediate as tick } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTurns } from '../drivers/signer/turns.ts'

it('come in the order of asking, past those who went away, and are forgotten', async () => {
  const turns = createTurns()
  const order: string[] = []
  const run = (what: string, signal?: AbortSignal) =>
    turns.run('card', signal, async () => {
      order.push(what)
      await tick()
    })
  const gone = new AbortController()
  const release = await turns.take('card', undefined)
  const [first, second, third] = [run('first'), run('second', gone.signal), run('third')]
  await turns.run('another card', undefined, async () => order.push('beside'))
  const reason = new Error('gone')
  gone.abort(reason)
  await expect(second).rejects.toBe(reason)
  expect([order, turns.taken('card')]).toEqual([['beside'], true])
  release()
  release()
  await Promise.all([first, third])
  await tick()
  expect(order).toEqual(['beside', 'first', 'third'])
  expect(['card', 'another card'].map(turns.taken)).toEqual([false, false])
})

it('go on after one that failed', async () => {
  const turns = createTurns()
  const failing = turns.run('card', undefined, () => Promise.reject(new Error('broken')))
  const next = turns.run('card', undefined, async () => 'done')
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('done')
})
