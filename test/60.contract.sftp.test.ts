// The delivery contract over Debian's OpenSSH server.

import { openSftp } from './60.targets.kit.ts'
import { describeDelivery } from './contract/delivery.ts'

describeDelivery('sftp', () => openSftp('key'))
