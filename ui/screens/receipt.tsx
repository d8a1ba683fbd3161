// The copy is made: its reference, where it is now, and what to take along. Saved here and received there are two things
// and are said as such.

import type { ResultView } from '../../device/http/view.ts'
import { useCopy, useKiosk } from '../context.ts'
import { dateTimeText } from '../dates.ts'
import type { Kiosk } from '../kiosk.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Qr } from '../parts/qr.tsx'
import { Screen } from '../parts/screen.tsx'
import type { TextKey } from '../text/texts.ts'

export function ReceiptScreen() {
  const kiosk = useKiosk()
  const { reference, result, fault, part } = useCopy().copy
  if (result === null) return null
  return (
    <Screen
      title={kiosk.say(result.unsealed ? 'receipt.title.unsealed' : 'receipt.title')}
      layout="split"
      class="receipt"
      cancel={false}
      lead={<Summary result={result} stopped={fault !== null} />}
      actions={
        <>
          {kiosk.view.value?.prints === true && (
            <Button onPress={() => void kiosk.ask('print/receipt')}>{kiosk.say('receipt.print')}</Button>
          )}
          <Onward kiosk={kiosk} />
        </>
      }
    >
      <p class="reference">
        {kiosk.say('receipt.reference')}
        <strong>{reference}</strong>
      </p>
      <Qr text={result.qr} label={kiosk.say('receipt.qr', { reference })} />
      <p>{kiosk.say('receipt.keep')}</p>
      {part !== null && (
        <p>
          {kiosk.say('part.of', { number: part.number, of: part.of })}. {part.hasNext && kiosk.say('part.more')}
        </p>
      )}
    </Screen>
  )
}

function Onward({ kiosk }: { readonly kiosk: Kiosk }) {
  const { part, asked } = useCopy().copy
  if (part?.hasNext === true)
    return (
      <Button kind="primary" onPress={() => void kiosk.ask('copy/next')}>
        {kiosk.say('part.next', { number: part.number + 1 })}
      </Button>
    )
  if (asked?.redirectUrl != null)
    return (
      <Button kind="primary" onPress={() => kiosk.change({ onward: true })}>
        {kiosk.say('action.continue')}
      </Button>
    )
  return (
    <Button kind="primary" onPress={() => void kiosk.leave()}>
      {kiosk.say('action.finish')}
    </Button>
  )
}

function Summary({ result, stopped }: { readonly result: ResultView; readonly stopped: boolean }) {
  const kiosk = useKiosk()
  const { stage, asked } = useCopy().copy
  const askedWhere = stage === 'done' ? 'receipt.where.asked' : 'receipt.where.making'
  const where = asked === null || stopped ? whereKey(result, stopped) : askedWhere
  const rows: readonly (readonly [TextKey, string])[] = [
    ['receipt.where', kiosk.say(where)],
    ['receipt.pages', String(result.pages)],
    ...(result.signer === null ? [] : [['receipt.signer', result.signer] as const]),
    ['receipt.date', dateTimeText(result.finishedAt, kiosk.language.value)],
  ]
  return (
    <>
      <Drawing name="done" />
      <dl aria-live="polite">
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{kiosk.say(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="take">
        {kiosk.say(`receipt.paper.${result.paper}`)} {result.cardUsed && kiosk.say('receipt.card')}
      </p>
    </>
  )
}

function whereKey({ deliveries, unsealed }: ResultView, stopped: boolean): TextKey {
  if (unsealed && stopped) return 'receipt.where.notSealed'
  if (unsealed) return deliveries.length === 0 ? 'receipt.where.toBeSealedOnly' : 'receipt.where.toBeSealed'
  if (stopped) return 'receipt.where.stopped'
  if (deliveries.length === 0) return 'receipt.where.stored'
  if (deliveries.some(one => one.state === 'refused')) return 'receipt.where.refused'
  return deliveries.every(one => one.state === 'delivered') ? 'receipt.where.delivered' : 'receipt.where.waiting'
}
