// The delivery contract over Debian's Apache.

import { openWebdav } from './60.targets.kit.ts'
import { describeDelivery } from './contract/delivery.ts'

describeDelivery('webdav', openWebdav)
