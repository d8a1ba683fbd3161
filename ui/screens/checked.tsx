// What the check of a scanner found, in plain words: one verdict, one line for each thing looked at, and what to do.

import { useKiosk } from '../context.ts'
import { dateTimeText } from '../dates.ts'
import { Button } from '../parts/button.tsx'
import { Screen } from '../parts/screen.tsx'
import { Verdict } from '../parts/verdict.tsx'
import { resultTexts, topicTexts } from '../verdicts.ts'

export function CheckedScreen() {
  const kiosk = useKiosk()
  const result = kiosk.view.value?.maintenance?.result
  if (result == null) return null
  const [x, y] = result.ppi
  return (
    <Screen
      title={kiosk.say(resultTexts[result.verdict])}
      layout="stack"
      class="checked"
      cancel={false}
      lead={
        <>
          <Verdict verdict={result.verdict} />
          <p>
            {dateTimeText(result.at, kiosk.language.value)} · {kiosk.say('checked.ppi', { x, y })}
          </p>
        </>
      }
      actions={
        <Button kind="primary" onPress={() => void kiosk.ask('maintenance/open')}>
          {kiosk.say('action.back')}
        </Button>
      }
    >
      <ul class="topics">
        {result.topics.map(({ topic, verdict }) => (
          <li key={topic}>
            <Verdict verdict={verdict} />
            <span>
              <strong>{kiosk.say(topicTexts[topic].name)}</strong>
              {verdict !== 'ok' && <span class="advice">{kiosk.say(topicTexts[topic].advice)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </Screen>
  )
}
