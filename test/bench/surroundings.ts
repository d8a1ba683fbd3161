// The handle on the simulated surroundings, which run as a process of their own (surroundings.child.ts).

import { fork } from 'node:child_process'
import { once } from 'node:events'

export type Pile = 'straight' | 'skewed'

/** Clockwise, as the feeder pulled every sheet of the pile in. */
export const skewDegreesOf: Readonly<Record<Pile, number>> = { straight: 0, skewed: 1.2 }

export interface SurroundingsFacts {
  readonly scannerUrl: string
  readonly configFile: string
  readonly pin: string
  /** Every copy that the back office has taken, as a PDF file. */
  readonly receivedFolder: string
}

export interface ToSurroundings {
  readonly pile: Pile
  readonly sheets: number
}

export type FromSurroundings = SurroundingsFacts | { readonly loaded: Pile }

export interface Surroundings extends SurroundingsFacts {
  /** The pile lies in the feeder when it resolves. */
  load(pile: Pile, sheets: number): Promise<void>
  stop(): Promise<void>
}

const program = new URL('./surroundings.child.ts', import.meta.url).pathname

/** Starts them in `folder`; takes some seconds, for the sheets are drawn first. */
export async function startSurroundings(folder: string): Promise<Surroundings> {
  const child = fork(program, [folder], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const gone = once(child, 'exit')
  const answer = async (): Promise<FromSurroundings> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      gone.then(([code]) => {
        throw new Error(`the simulated surroundings ended with ${code}`)
      }),
    ])
    return message as FromSurroundings
  }
  const facts = await answer()
  if (!('scannerUrl' in facts)) throw new Error('the simulated surroundings did not say where they are')
  return Object.freeze({
    ...facts,
    async load(pile: Pile, sheets: number): Promise<void> {
      const loaded = answer()
      const message: ToSurroundings = { pile, sheets }
      child.send(message)
      await loaded
    },
    async stop(): Promise<void> {
      if (child.connected) child.disconnect()
      await gone
    },
  })
}
