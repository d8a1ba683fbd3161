// The card holds more than one certificate that can sign: which one.

import type { CertificateView } from '../../device/http/view.ts'
import { keyPath } from '../calls.ts'
import { useKiosk, useSigning } from '../context.ts'
import { dateText } from '../dates.ts'
import { BackToPages } from '../parts/back-to-pages.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'
import { SignedFor } from '../parts/signed-for.tsx'

const certificatesOnScreen = 4

export function CertificateScreen() {
  const kiosk = useKiosk()
  const { card, shownOnly } = useSigning()
  const certificates = card?.state === 'present' ? card.certificates : []
  return (
    <Screen
      title={kiosk.say(shownOnly ? 'certificate.title.shown' : 'certificate.title')}
      layout="stack"
      lead={<Drawing name="pen" />}
      class="certificates"
      actions={<BackToPages />}
    >
      <SignedFor />
      <Pager
        items={certificates}
        size={certificatesOnScreen}
        class="choices"
        draw={one => <Certificate key={`${one.tokenId} ${one.keyId}`} certificate={one} />}
      />
    </Screen>
  )
}

function Certificate({ certificate }: { readonly certificate: CertificateView }) {
  const kiosk = useKiosk()
  const { tokenId, keyId, holder, issuer, notAfter, fault } = certificate
  const { shownOnly } = useSigning()
  const choose = (): void => {
    if (shownOnly) void kiosk.ask(`request/certificate/${keyPath(certificate)}`)
    else kiosk.change({ certificate: { tokenId, keyId }, refusal: null })
  }
  return (
    <li>
      <button type="button" class="button choice" disabled={fault !== null} onClick={choose}>
        <span class="choice-title">{holder}</span>
        <span class="choice-text">{kiosk.say('certificate.issuer', { issuer })}</span>
        <span class="choice-text">
          {fault === null
            ? kiosk.say('certificate.until', { date: dateText(notAfter, kiosk.language.value) })
            : kiosk.say(`error.${fault}`).split('\n')[0]}
        </span>
      </button>
    </li>
  )
}
