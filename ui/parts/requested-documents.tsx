// What is to be signed, document by document, in its order: its name, what it becomes, what the signature does to it.

import type { RequestedDocumentView } from '../../device/http/view.ts'
import { formatTexts, operationTexts, shortName } from '../asked.ts'
import { useKiosk } from '../context.ts'
import { megabytesText } from '../sizes.ts'
import { Pager } from './pager.tsx'

const documentsOnScreen = 4

export function RequestedDocuments({ documents }: { readonly documents: readonly RequestedDocumentView[] }) {
  const numbered = documents.map((document, i) => ({ document, number: i + 1 }))
  return (
    <Pager
      items={numbered}
      size={documentsOnScreen}
      class="asked-documents"
      counted
      draw={({ document, number }) => <RequestedDocument key={number} document={document} number={number} />}
    />
  )
}

interface RequestedDocumentProps {
  readonly document: RequestedDocumentView
  readonly number: number
}

function RequestedDocument({ document, number }: RequestedDocumentProps) {
  const kiosk = useKiosk()
  const { name, format, operation, bytes } = document
  const facts = [
    ...(format === null ? [] : [kiosk.say(formatTexts[format])]),
    kiosk.say(operationTexts[operation]),
    ...(bytes === null ? [] : [megabytesText(bytes, kiosk.language.value)]),
  ]
  return (
    <li>
      <span class="number">{number}</span>
      <span>
        <strong>{shortName(name)}</strong>
        <span class="facts">{facts.join(' · ')}</span>
      </span>
    </li>
  )
}
