// A page or a program asks for something: who it is, what it wants, everything that it is about, and the two answers.

import type { RequestView } from '../../device/http/view.ts'
import { kindOf, plainName, questionTexts, type RequestKind } from '../asked.ts'
import { useKiosk, useRequest } from '../context.ts'
import type { Kiosk } from '../kiosk.ts'
import { Asker } from '../parts/asker.tsx'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FileChoice } from '../parts/file-choice.tsx'
import { RequestedDocuments } from '../parts/requested-documents.tsx'
import { Screen } from '../parts/screen.tsx'
import { megabytesText } from '../sizes.ts'

export function RequestScreen() {
  const kiosk = useKiosk()
  const request = useRequest()
  return (
    <Screen
      title={kiosk.say(questionTexts[kindOf(request)])}
      layout="split"
      class="request"
      cancel={false}
      lead={<Lead request={request} />}
      actions={
        <>
          <Button kind="danger" class="refuse" onPress={() => void kiosk.leave()}>
            {kiosk.say('request.refuse')}
          </Button>
          <GoOn kiosk={kiosk} request={request} />
        </>
      }
    >
      <Subject request={request} />
    </Screen>
  )
}

function Lead({ request }: { readonly request: RequestView }) {
  const kiosk = useKiosk()
  const more = request.total - request.documents.length
  const isSigned = kindOf(request) === 'sign'
  return (
    <>
      <Asker request={request} />
      {request.preparedElsewhere && <p class="caution">{kiosk.say('request.elsewhere')}</p>}
      {isSigned && more > 0 && <p>{kiosk.say('request.more', { shown: request.documents.length, more })}</p>}
    </>
  )
}

/** What it is about: the documents, the file, or the files to choose from. */
function Subject({ request }: { readonly request: RequestView }) {
  const kiosk = useKiosk()
  const kind = kindOf(request)
  if (kind === 'sign') return <RequestedDocuments documents={request.documents} />
  if (kind === 'load') return <FileChoice request={request} />
  const [file] = request.files
  return (
    <>
      <Drawing name={kind === 'save' ? 'sheets' : 'card'} />
      {kind === 'save' && file !== undefined && (
        <p class="large file-name">
          <strong>{plainName(file.name)}</strong> {megabytesText(file.bytes, kiosk.language.value)}
        </p>
      )}
      {kind === 'certificate' && <p class="large">{kiosk.say('request.certificate')}</p>}
    </>
  )
}

const goOnTexts = {
  sign: 'action.continue',
  certificate: 'action.continue',
  save: 'request.save',
  load: 'request.load',
} as const satisfies Record<RequestKind, string>

function GoOn({ kiosk, request }: { readonly kiosk: Kiosk; readonly request: RequestView }) {
  const kind = kindOf(request)
  const names = chosenNames(kiosk, request)
  const goOn = (): void => {
    if (kind === 'load') void kiosk.ask('request/load', { names })
    else void kiosk.ask(kind === 'save' ? 'request/save' : 'request/accept')
  }
  const [isCard, isClave] = [request.ways.includes('card'), request.ways.includes('clave')]
  const byClave = () => void kiosk.ask('request/clave/choose')
  if (!isCard) {
    return (
      <Button kind="primary" onPress={byClave}>
        {kiosk.say('clave.other')}
      </Button>
    )
  }
  return (
    <>
      {isClave && <Button onPress={byClave}>{kiosk.say('clave.other')}</Button>}
      <Button kind="primary" disabled={kind === 'load' && names.length === 0} onPress={goOn}>
        {kiosk.say(isClave ? 'clave.card' : goOnTexts[kind])}
      </Button>
    </>
  )
}

/** In the order of the list, and none that is no longer in it. */
function chosenNames(kiosk: Kiosk, { files }: RequestView): readonly string[] {
  const { chosenFiles } = kiosk.local.value
  return files.map(file => file.name).filter(name => chosenFiles.includes(name))
}
